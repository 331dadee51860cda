"""Several collections: macro averages, their tests, and gaps between groups."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from arir.compare import CompareConfig, Comparison, compare
from arir.compare.macro import read_groups
from arir.compare.significance.stratified import stratified_estimate, topic_units
from arir.errors import ConfigError
from tests.compare.runs import random_ranks, record, write_qrels, write_run

SIZES = {"ar": 60, "sw": 30, "en": 45}


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two systems on three languages, a third on two of them."""
    written = []
    for language, topics in SIZES.items():
        qrels = write_qrels(tmp_path / language, topics, f"{language}.qrels", prefix=language)
        for seed, (system, best) in enumerate({"good": 1, "bad": 5, "partial": 1}.items()):
            if system == "partial" and language == "sw":
                continue
            ranks = random_ranks(topics, seed + topics, best)
            run = write_run(tmp_path / language / f"{system}.trec", ranks, prefix=language)
            record(run, qrels)
            written.append(run)
    return written


def _compare(runs: list[Path], **settings: object) -> Comparison:
    return compare(CompareConfig(runs=tuple(runs), measure=("RR",), **settings))


def test_macro_average_weighs_collections_equally(runs: list[Path]) -> None:
    comparison = _compare(runs)
    means = [c.system("good").means["RR"].value for c in comparison.collections]
    assert comparison.macro.means["RR"]["good"].value == pytest.approx(np.mean(means))


def test_systems_without_a_run_on_some_collection_have_no_macro_average(runs: list[Path]) -> None:
    macro = _compare(runs).macro
    assert macro.left_out == ("partial",)
    assert list(macro.means["RR"]) == ["good", "bad"]


def test_the_family_counts_the_pairs_of_every_collection(runs: list[Path]) -> None:
    comparison = _compare(runs)
    assert comparison.design.family == 3 + 1 + 3
    assert comparison.design.family_text == "7 pairs on 3 collections × 1 measure"
    assert comparison.macro.family == 1


def test_macro_differences_are_tested_over_all_topics(runs: list[Path]) -> None:
    comparison = _compare(runs)
    [pair] = comparison.macro.pairs
    assert (pair.first, pair.second, pair.better) == ("good", "bad", "good")
    assert pair.significant
    assert comparison.macro.better_than["RR"]["good"] == (comparison.letters["bad"],)
    assert pair.outcomes.wins + pair.outcomes.ties + pair.outcomes.losses == sum(SIZES.values())
    low, high = pair.difference.interval
    assert 0 < low < high


def test_macro_p_is_the_share_of_flips_over_the_topics_of_all_collections(tmp_path: Path) -> None:
    ranks = {"ar": ([1, 2, 1, 3], [2, 3, 3, 1]), "en": ([1, 1, 2, 1, 4], [1, 2, 5, 2, 2])}
    runs = []
    for language, systems in ranks.items():
        qrels = write_qrels(tmp_path / language, len(systems[0]), f"{language}.qrels", language)
        for name, found in zip("xy", systems, strict=True):
            run = write_run(tmp_path / language / f"{name}.trec", found, prefix=language)
            record(run, qrels)
            runs.append(run)
    [pair] = _compare(runs).macro.pairs
    weighted = np.concatenate(
        [(1 / np.array(x) - 1 / np.array(y)) / (2 * len(x)) for x, y in ranks.values()]
    )
    signs = 1 - 2 * ((np.arange(2**9)[:, None] >> np.arange(9)) & 1)
    share = (np.abs(signs @ weighted) >= abs(weighted.sum()) - 1e-12).mean()
    assert pair.p == share
    assert pair.difference.value == pytest.approx(weighted.sum())


def test_a_collection_without_the_baseline_is_not_tested_and_says_so(runs: list[Path]) -> None:
    comparison = _compare(runs, baseline="partial")
    swahili = next(c for c in comparison.collections if c.name == "sw")
    assert swahili.pairs == ()
    assert any("partial has no run here" in text for text in swahili.warnings)
    assert comparison.macro.pairs == ()


def test_gaps_between_groups_have_intervals(runs: list[Path], tmp_path: Path) -> None:
    groups = tmp_path / "groups.yaml"
    groups.write_text("high: [en]\nlow: [ar, sw]\n", "utf-8")
    comparison = _compare(runs, groups=groups)
    gaps = {gap.system: gap.gap for gap in comparison.macro.gaps}
    means = {c.name: c.system("good").means["RR"].value for c in comparison.collections}
    expected = means["en"] - (means["ar"] + means["sw"]) / 2
    assert gaps["good"].value == pytest.approx(expected)
    assert gaps["good − bad"].value == pytest.approx(gaps["good"].value - gaps["bad"].value)
    low, high = gaps["good"].interval
    assert low < expected < high


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("high: [en]", "at least two groups"),
        ("high: [en]\nlow: [arr]", "no run is on a collection 'arr'; did you mean ar?"),
        ("high: [en]\nlow: [en]", "collection 'en' is in two groups, 'high' and 'low'"),
        ("high: en\nlow: [ar]", "group 'high' must be a list"),
    ],
)
def test_wrong_groups_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "groups.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=message):
        read_groups(path, ["ar", "sw", "en"])


def test_one_stratum_is_the_t_interval() -> None:
    values = np.random.default_rng(0).random(30)
    found = stratified_estimate([values], [1.0], topic_units([[str(t) for t in range(30)]]))
    theirs = stats.ttest_1samp(values, 0).confidence_interval()
    assert found.interval == pytest.approx(tuple(theirs))


def test_the_difference_of_two_strata_is_welchs_t_interval() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(0.5, 0.1, 20), rng.normal(0.4, 0.3, 35)
    units = topic_units([[f"a{t}" for t in range(20)], [f"b{t}" for t in range(35)]])
    theirs = stats.ttest_ind(one, other, equal_var=False).confidence_interval()
    found = stratified_estimate([one, other], [1.0, -1.0], units)
    assert found.interval == pytest.approx(tuple(theirs))


def test_shared_topics_are_one_sample_not_two() -> None:
    """The same queries in two languages: taken as independent, the interval would be too short."""
    rng = np.random.default_rng(2)
    one = rng.random(50)
    other = one + rng.normal(0, 0.05, 50)
    ids = [str(t) for t in range(50)]
    mean = stratified_estimate([one, other], [0.5, 0.5], topic_units([ids, ids]))
    theirs = stats.ttest_1samp((one + other) / 2, 0).confidence_interval()
    assert mean.interval == pytest.approx(tuple(theirs))
    gap = stratified_estimate([one, other], [1.0, -1.0], topic_units([ids, ids]))
    assert gap.interval == pytest.approx(tuple(stats.ttest_rel(one, other).confidence_interval()))


def test_no_variance_and_single_topics_have_no_interval() -> None:
    units = topic_units([["a", "b"], ["c"]])
    assert stratified_estimate([np.ones(2), np.ones(1)], [0.5, 0.5], units).interval is None
    units = topic_units([["a", "b"], ["c", "d"]])
    assert stratified_estimate([np.ones(2), np.ones(2)], [0.5, 0.5], units).interval is None
