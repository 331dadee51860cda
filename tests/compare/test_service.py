"""The comparison as a whole: right numbers, an explicit family, and a word on what is odd."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from arir.compare import Collection, CompareConfig, Comparison, compare
from arir.errors import ConfigError, DataError, EvaluationError
from tests.compare.runs import random_ranks, record, write_qrels, write_run, write_systems


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Three systems on 40 topics; the last is clearly the worst."""
    ranks = {"a": random_ranks(40, 1), "b": random_ranks(40, 2), "c": random_ranks(40, 3, best=9)}
    return write_systems(tmp_path, ranks)


def _compare(runs: list[Path], **settings: object) -> Comparison:
    settings = {"qrels": runs[0].with_name("qrels.txt"), "measure": ("RR",)} | settings
    return compare(CompareConfig(runs=tuple(runs), **settings))


def _only(comparison: Comparison) -> Collection:
    [collection] = comparison.collections
    return collection


def _warned(comparison: Comparison, text: str) -> bool:
    found = [*comparison.warnings, *(w for c in comparison.collections for w in c.warnings)]
    return any(text in warning for warning in found)


def test_values_means_and_p_values_are_the_right_ones(runs: list[Path]) -> None:
    collection = _only(_compare(runs, test="t"))
    order = np.argsort([f"q{t}" for t in range(40)])
    expected = (1 / np.array([random_ranks(40, 1), random_ranks(40, 2)]))[:, order]
    assert np.allclose(collection.matrix("RR")[:2], expected)
    pair = collection.pairs[0]
    theirs = stats.ttest_rel(expected[0], expected[1])
    assert (pair.first, pair.second) == ("a", "b")
    assert pair.p == pytest.approx(theirs.pvalue)
    assert pair.statistic == pytest.approx(theirs.statistic)
    assert pair.difference.value == pytest.approx((expected[0] - expected[1]).mean())
    assert pair.difference.interval == pytest.approx(tuple(theirs.confidence_interval()))


def test_the_family_is_all_pairs_times_measures(runs: list[Path]) -> None:
    comparison = _compare(runs, measure=("RR", "P@5"), test="t")
    pairs = _only(comparison).pairs
    assert comparison.design.family == len(pairs) == 6
    assert comparison.design.family_text == "3 pairs × 2 measures"
    ordered = sorted(pairs, key=lambda pair: pair.p)
    assert ordered[0].corrected_p == pytest.approx(6 * ordered[0].p)


def test_a_baseline_makes_the_family_smaller(runs: list[Path]) -> None:
    comparison = _compare(runs, baseline="b")
    assert comparison.design.family_text == "2 runs against b × 1 measure"
    assert [(p.first, p.second) for p in _only(comparison).pairs] == [("a", "b"), ("c", "b")]


@pytest.mark.parametrize("name", ["b", "b.trec"])
def test_a_baseline_may_be_a_name_or_a_file(runs: list[Path], name: str) -> None:
    given = str(runs[1]) if name.endswith(".trec") else name
    assert _compare(runs, baseline=given).design.baseline == "b"


def test_an_unknown_baseline_names_the_nearest_run(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"kd-aradpr": [1, 2], "bm25": [1, 3]})
    with pytest.raises(ConfigError, match="'kd-aradrp' is none of the runs; did you mean kd-ara"):
        _compare(runs, baseline="kd-aradrp")


def test_letters_tell_who_is_significantly_better(runs: list[Path]) -> None:
    a, b, c = _only(_compare(runs)).systems
    assert (a.letter, b.letter, c.letter) == ("a", "b", "c")
    assert (a.better_than["RR"], b.better_than["RR"]) == (("c",), ("c",))
    assert c.better_than["RR"] == ()


@pytest.mark.parametrize("test", ["t", "wilcoxon", "randomisation", "bootstrap", "sign", "tukey"])
def test_every_test_finds_the_bad_system_and_spares_the_equals(runs: list[Path], test: str) -> None:
    pairs = {(p.first, p.second): p for p in _only(_compare(runs, test=test)).pairs}
    assert pairs["a", "c"].significant
    assert pairs["a", "c"].better == "a"
    assert not pairs["a", "b"].significant
    low, high = pairs["a", "c"].difference.interval
    assert 0 < low < pairs["a", "c"].difference.value < high


def test_one_sided_tests_have_a_direction(runs: list[Path]) -> None:
    greater = {(p.first, p.second): p for p in _only(_compare(runs, sides="greater")).pairs}
    less = {(p.first, p.second): p for p in _only(_compare(runs, sides="less")).pairs}
    assert greater["a", "c"].significant
    assert not less["a", "c"].significant


@pytest.mark.parametrize("test", ["randomisation", "bootstrap", "tukey"])
def test_the_order_of_runs_and_lines_changes_no_p_value(runs: list[Path], test: str) -> None:
    settings = {"test": test, "permutations": 999}
    forth = {p.first + p.second: p for p in _only(_compare(runs, **settings)).pairs}
    for run in runs:
        topics = run.read_text("utf-8").splitlines(keepends=True)
        run.write_text("".join(topics[-12:] + topics[:-12]), "utf-8")
    back = {p.first + p.second: p for p in _only(_compare(runs[::-1], **settings)).pairs}
    assert forth["ab"].p == back["ba"].p
    assert forth["ab"].difference.value == pytest.approx(-back["ba"].difference.value)


def test_equal_settings_give_equal_digits(runs: list[Path]) -> None:
    one, other = _only(_compare(runs, seed=4)), _only(_compare(runs, seed=4))
    assert one.pairs == other.pairs
    assert one.pairs != _only(_compare(runs, seed=5)).pairs


def test_one_run_has_means_and_no_tests(runs: list[Path]) -> None:
    comparison = _compare(runs[:1])
    [system] = _only(comparison).systems
    assert _only(comparison).pairs == ()
    low, high = system.means["RR"].interval
    assert low < system.means["RR"].value < high


def test_equivalence_is_tested_on_request(runs: list[Path]) -> None:
    pairs = {(p.first, p.second): p for p in _only(_compare(runs, equivalence=0.5)).pairs}
    assert pairs["a", "b"].equivalence_p < 0.05
    assert _only(_compare(runs)).pairs[0].equivalence_p is None


def test_tukeys_p_values_are_not_corrected_twice(runs: list[Path]) -> None:
    one = _only(_compare(runs, test="tukey", permutations=999)).pairs
    assert [pair.p for pair in one] == [pair.corrected_p for pair in one]
    two = _only(_compare(runs, test="tukey", permutations=999, measure=("RR", "P@5"))).pairs
    assert [min(1.0, 2 * pair.p) for pair in two] == [pair.corrected_p for pair in two]


def test_detectable_differences_shrink_with_the_family(runs: list[Path]) -> None:
    found = _only(_compare(runs)).detectable["RR"]
    assert 0 < found.single < found.family
    plain = _only(_compare(runs, correction="none")).detectable["RR"]
    assert plain.single == plain.family


def test_per_query_values_are_written_in_full(runs: list[Path], tmp_path: Path) -> None:
    path = tmp_path / "values.tsv"
    collection = _only(_compare(runs, per_query=path))
    rows = [line.split("\t") for line in path.read_text("utf-8").splitlines()]
    assert rows[0] == ["run", "topic", "RR", "missing"]
    values = {(name, topic): float(value) for name, topic, value, _ in rows[1:]}
    for system in collection.systems:
        for topic, value in zip(collection.topic_ids, system.values["RR"], strict=True):
            assert values[system.name, topic] == value


# -- what must be said ---------------------------------------------------------------------------


def test_missing_topics_count_zero_and_are_named(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"whole": [1, 1, 2], "part": [1, -1, 2]})
    comparison = _compare(runs)
    assert _only(comparison).system("part").missing == ("q1",)
    assert _only(comparison).system("part").values["RR"].tolist() == [1.0, 0.0, 0.5]
    assert _warned(comparison, "part lacks 1 of 3 judged topics, which count 0: q1")


def test_identical_runs_have_difference_zero_and_p_one(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1, 2, 3], "y": [1, 2, 3]})
    for test in ("t", "wilcoxon", "randomisation", "bootstrap", "sign", "tukey"):
        comparison = _compare(runs, test=test, permutations=99)
        [pair] = _only(comparison).pairs
        assert (pair.difference.value, pair.p, pair.better) == (0.0, 1.0, None)
        assert _warned(comparison, "x and y have the same value on every topic")


def test_one_topic_gives_no_interval_and_no_significance(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1], "y": [4]})
    for test in ("t", "randomisation", "bootstrap", "wilcoxon"):
        comparison = _compare(runs, test=test)
        [pair] = _only(comparison).pairs
        assert (pair.p, pair.significant) == (1.0, False)
        assert pair.difference.interval is None
        assert (pair.d.value, pair.minimal_difference, pair.topics_needed) == (None, None, None)
        assert _warned(comparison, "one topic only")
    assert _only(comparison).detectable == {}


def test_a_constant_difference_is_tested_exactly_and_said(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1] * 30, "y": [2] * 30})
    comparison = _compare(runs, test="t")
    [pair] = _only(comparison).pairs
    assert (pair.p, pair.method) == (2.0**-29, "exact")
    assert pair.significant
    assert _warned(comparison, "x − y (RR): the same difference on every topic")


def test_few_topics_are_warned_of(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": random_ranks(24, 1), "y": random_ranks(24, 2)})
    assert _warned(_compare(runs, test="t"), "24 topics are few (below 25)")
    runs = write_systems(tmp_path, {"x": random_ranks(25, 1), "y": random_ranks(25, 2)})
    assert not _warned(_compare(runs, test="t"), "are few")


def test_runs_of_different_depth_are_warned_of_where_it_matters(tmp_path: Path) -> None:
    write_qrels(tmp_path, 30)
    ranks = random_ranks(30, 1)
    runs = [
        write_run(tmp_path / f"{name}.trec", ranks, depth=depth)
        for name, depth in [("deep", 12), ("flat", 11)]
    ]
    assert _warned(_compare(runs), "runs differ in depth, which favours the deeper ones: deep 12")
    assert not _warned(_compare(runs, measure=("RR@10",)), "runs differ in depth")


def test_unjudged_hits_are_counted(runs: list[Path]) -> None:
    assert _warned(_compare(runs), "unjudged hits in the top 10 count as not relevant: a 9")


def test_ties_across_a_cutoff_are_warned_of(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1, 2], "y": [2, 1]})
    text = runs[0].read_text("utf-8").replace("d6 6 6 x", "d6 6 7 x")
    runs[0].write_text(text, "utf-8")
    message = "equal scores on both sides of rank 5, x on 2 of 2 topics"
    assert _warned(_compare(runs, measure=("P@5",)), message)
    assert not _warned(_compare(runs, measure=("P@6",)), "equal scores")


def test_scores_that_rise_with_rank_are_warned_of(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1, 2], "y": [2, 1]})
    runs[0].write_text(runs[0].read_text("utf-8").replace("d6 6 6 x", "d6 6 99 x"), "utf-8")
    assert _warned(_compare(runs), "x: the score rises")


def test_too_few_resamples_for_the_family_are_warned_of(runs: list[Path]) -> None:
    measures = ("RR", "P@1", "P@5", "R@5", "nDCG@5")
    comparison = _compare(runs, measure=measures, permutations=199)
    assert _warned(comparison, "199 resamples are too few for 15 hypotheses")
    assert _warned(comparison, "use --permutations 300 or more")
    assert not _warned(_compare(runs, measure=measures, permutations=300), "too few")


def test_a_rank_test_against_the_means_is_pointed_out(tmp_path: Path) -> None:
    """Small losses on most topics, large gains on a few: means and signs disagree."""
    write_qrels(tmp_path, 60)
    x = write_run(tmp_path / "x.trec", [5] * 50 + [1] * 10)
    y = write_run(tmp_path / "y.trec", [4] * 50 + [0] * 10)
    comparison = _compare([x, y], test="sign")
    assert _warned(comparison, "the test speaks for y, the mean for x")
    assert _only(comparison).system("y").better_than["RR"] == ("a",)


# -- what must be refused ------------------------------------------------------------------------


def test_runs_and_qrels_without_a_common_topic_are_refused(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1, 2]})
    other = write_qrels(tmp_path, 2, "other.txt", prefix="00")
    with pytest.raises(EvaluationError, match=r"x\.trec: the run and the qrels share no topic"):
        _compare(runs, qrels=other)


def test_a_run_without_known_qrels_is_refused(tmp_path: Path) -> None:
    runs = write_systems(tmp_path, {"x": [1, 2]})
    with pytest.raises(EvaluationError, match="name them with --qrels"):
        _compare(runs, qrels=None)


def test_a_missing_run_is_named_before_its_missing_qrels(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.trec: no such run"):
        _compare([tmp_path / "nowhere.trec"], qrels=None)


def test_a_run_given_twice_is_refused(runs: list[Path]) -> None:
    with pytest.raises(ConfigError, match=r"a\.trec is given twice"):
        _compare([runs[0], runs[0]])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"measure": ("nDGC@10",)}, "did you mean nDCG@10|nDCG"),
        ({"alpha": 1.0}, "alpha must be below 1"),
        ({"power": 0.01}, "power must lie between alpha and 1"),
        ({"test": "tukey", "sides": "less"}, "two-sided"),
        ({"test": "tukey", "correction": "bh"}, "false discovery rate"),
        ({"equivalence": 0.0}, "equivalence: .* greater than 0"),
        ({"permutations": 10}, "permutations: .* greater than or equal to 99"),
        ({"per_query": Path("x.csv")}, "must end in"),
    ],
)
def test_settings_that_cannot_work_are_refused(
    runs: list[Path], settings: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        _compare(runs, **settings)


def test_groups_need_several_collections(runs: list[Path], tmp_path: Path) -> None:
    groups = tmp_path / "groups.yaml"
    groups.write_text("high: [x]\nlow: [y]\n", "utf-8")
    with pytest.raises(ConfigError, match="groups need runs on several collections"):
        _compare(runs, groups=groups)


# -- side files ----------------------------------------------------------------------------------


def test_qrels_and_topics_are_found_by_the_side_file(tmp_path: Path) -> None:
    [run] = write_systems(tmp_path, {"x": [1, 2, 3]})
    topics = tmp_path / "topics.tsv"
    topics.write_text("q0\tما هي عاصمة مصر؟\nq1\twho\n", "utf-8")
    record(run, tmp_path / "qrels.txt", topics)
    collection = _only(_compare([run], qrels=None))
    assert collection.queries == {"q0": "ما هي عاصمة مصر؟", "q1": "who"}
    topics.write_text("q0\tchanged\n", "utf-8")
    assert _only(_compare([run], qrels=None)).queries == {}


def test_an_id_may_be_another_query_in_another_collection(tmp_path: Path) -> None:
    runs, files = [], []
    for language, text in (("ar", "من هو"), ("en", "who is it")):
        qrels = write_qrels(tmp_path / language, {"ar": 3, "en": 4}[language])
        files.append(tmp_path / language / "topics.tsv")
        files[-1].write_text(f"q0\t{text}\n", "utf-8")
        runs.append(write_run(tmp_path / language / "x.trec", [1, 2, 3]))
        record(runs[-1], qrels, files[-1])
    for topics in ((), tuple(files)):
        found = _compare(runs, qrels=None, topics=topics, permutations=99).collections
        assert [one.queries["q0"] for one in found] == ["من هو", "who is it"]
    with pytest.raises(ConfigError, match=r"3 topics files for 2 collections"):
        _compare(runs, qrels=None, topics=(*files, files[0]))
