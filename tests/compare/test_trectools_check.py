"""trectools, fed exact values, agrees; alone, each of its defects is found and named."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from arir.compare import trectools_objects as trectools
from arir.compare.trectools_check import TrectoolsCheck, check_fusion, check_with_trectools
from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.errors import ConfigError, EvaluationError
from arir.evaluate import parse_measure, parse_measures
from tests.compare.runs import random_ranks, record, write_systems

SCRIPT = Path(__file__).parents[2] / "bin" / "trectools-compare"
TOPICS = 30


def _run(seed: int, tag: str, topics: int = TOPICS, first: int = 0) -> Run:
    """Twelve of forty passages a topic, no ties."""
    rng = np.random.default_rng(seed)
    rankings = {
        f"{t:03}": [(f"d{d}", 20.0 - r) for r, d in enumerate(rng.permutation(40)[:12])]
        for t in range(first, topics)
    }
    return Run.from_rankings(rankings, tag)


@pytest.fixture
def runs() -> dict[str, Run]:
    return {name: _run(seed, name) for seed, name in enumerate(("x", "y", "base"))}


@pytest.fixture
def qrels() -> Qrels:
    rng = np.random.default_rng(9)
    return {
        f"{t:03}": {f"d{d}": int(rng.integers(0, 3)) for d in rng.permutation(40)[:15]} | {"d": 0}
        for t in range(TOPICS)
    }


def _check(runs: Mapping[str, Run], qrels: Qrels, *measures: str) -> TrectoolsCheck:
    return check_with_trectools(runs, ["base"], qrels, parse_measures(measures))


def _value(found: TrectoolsCheck, run: str):  # type: ignore[no-untyped-def]
    return next(check for check in found.values if check.run == run)


def test_trectools_agrees_on_exact_values(runs: dict[str, Run], qrels: Qrels) -> None:
    measures = ("nDCG@10", "AP", "RR", "P@5", "R@10", "Bpref")
    found = _check(runs, qrels, *measures)
    assert len(found.comparisons) == 2 * len(measures)
    assert all(check.agrees for check in found.comparisons)
    assert all(check.topics == TOPICS for check in found.comparisons)
    assert not any(check.different for check in found.values)


def test_p_values_are_corrected_as_one_family(runs: dict[str, Run], qrels: Qrels) -> None:
    found = _check(runs, qrels, "nDCG@10", "AP")
    smallest = min(found.comparisons, key=lambda check: check.p)
    assert smallest.corrected_p == pytest.approx(min(1, 4 * smallest.p))


def test_topics_that_score_zero_are_found_to_be_dropped(runs: dict[str, Run], qrels: Qrels) -> None:
    """trectools has no value for them, and compare_with goes on without a word that tells."""
    found = _check(runs, qrels, "RR@2")
    check = found.comparisons[0]
    assert check.agrees
    assert check.alone_topics < check.topics
    assert check.alone_p != pytest.approx(check.p)
    dropped = check.topics - check.alone_topics
    assert f"alone it drops {dropped} of {TOPICS} topics" in check.why
    assert "no value where the run scores 0" in _value(found, "x").why


def test_missing_topics_are_found_to_be_left_out_of_the_mean(
    runs: dict[str, Run], qrels: Qrels
) -> None:
    runs["x"] = _run(0, "x", first=10)
    value = _value(_check(runs, qrels, "AP"), "x")
    assert value.trectools_mean == pytest.approx(value.mean * TOPICS / 20)
    assert "no value for 10 topics that the run lacks" in value.why
    assert "its mean is over the 20 topics of the run, not the 30" in value.why


def test_ties_are_found_to_be_ranked_the_other_way(runs: dict[str, Run], qrels: Qrels) -> None:
    tied = {topic: [(hit.docid, 1.0) for hit in hits] for topic, hits in runs["x"].rankings()}
    runs["x"] = Run.from_rankings(tied, "x")
    found = _check(runs, qrels, "nDCG@5")
    assert found.comparisons[0].agrees
    value = _value(found, "x")
    assert value.different > 0
    assert "it ranks ties by docid ascending, trec_eval descending" in value.why
    assert "unknown" not in value.why


def test_bpref_without_non_relevant_judgments_is_found_to_divide_by_zero(
    runs: dict[str, Run],
) -> None:
    qrels: Qrels = {f"{t:03}": {f"d{d}": 1 for d in range(20)} for t in range(TOPICS)}
    value = _value(_check(runs, qrels, "Bpref"), "x")
    assert value.mean > 0 == value.trectools_mean
    assert "it divides by 0 on 30 topics" in value.why


def test_identical_runs_have_p_one_where_trectools_has_nan(
    runs: dict[str, Run], qrels: Qrels
) -> None:
    check = _check({"x": runs["base"], "base": runs["base"]}, qrels, "AP").comparisons[0]
    assert (check.p, check.agrees) == (1.0, True)
    assert np.isnan(check.trectools_p)
    assert "trectools gives NaN" in check.why


def test_ids_that_look_like_numbers_survive() -> None:
    """Its own reader makes 7 of 007, and a missing value of NA."""
    run = Run.from_rankings({"007": [("01", 2.0), ("NA", 1.0)]}, "t")
    made = trectools.trec_run(run)
    assert made.topics() == ["007"]
    assert made.get_top_documents("007") == ["01", "NA"]
    qrels = trectools.trec_qrel({"007": {"NA": 1, "01": 0, "x": -1}})
    values = trectools.own_values(made, qrels, parse_measure("RR"))
    assert values == {"007": 0.5}
    assert trectools.run_of(made, "t").hits(0) == run.hits(0)


@pytest.mark.parametrize("method", ["rrf", "combsum", "combmnz"])
def test_fusion_by_trectools_is_arirs(runs: dict[str, Run], method: str) -> None:
    found = check_fusion(list(runs.values()), method)
    assert (found.topics, found.different) == (TOPICS, 0)


def test_a_wrong_fusion_would_be_noticed(
    runs: dict[str, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    sums = trectools.FUSIONS["combsum"]
    monkeypatch.setitem(trectools.FUSIONS, "combmnz", sums)
    assert check_fusion(list(runs.values()), "combmnz").different > 0


def test_what_cannot_be_checked_is_refused(runs: dict[str, Run], qrels: Qrels) -> None:
    with pytest.raises(ConfigError, match="trectools has no measure ERR@20; choose among nDCG"):
        _check(runs, qrels, "ERR@20")
    with pytest.raises(ConfigError, match="'bas' is none of the runs; did you mean base"):
        check_with_trectools(runs, ["bas"], qrels, parse_measures(["AP"]))
    with pytest.raises(EvaluationError, match="every run is a baseline"):
        check_with_trectools(runs, list(runs), qrels, parse_measures(["AP"]))
    with pytest.raises(ConfigError, match="unknown method 'rff'; did you mean rrf"):
        check_fusion(list(runs.values()), "rff")
    with pytest.raises(EvaluationError, match="at least two runs"):
        check_fusion([runs["x"]], "rrf")


def _script(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_compares_fuses_and_explains(tmp_path: Path) -> None:
    ranks = {name: random_ranks(20, seed) for seed, name in enumerate(("x", "y", "base"))}
    x, y, base = write_systems(tmp_path, ranks)
    record(x, tmp_path / "qrels.txt")
    done = _script(*map(str, (x, y)), "--baseline", str(base), "-m", "RR@5", "--fuse", "rrf")
    assert done.returncode == 0, done.stderr
    assert "trectools-rrf: 20 of 20 topics are fused as arir fuses them." in done.stdout
    assert "alone it drops" in done.stdout
    assert "nan" not in done.stdout.lower()


def test_the_scripts_errors_are_one_line(tmp_path: Path) -> None:
    x, base = write_systems(tmp_path, {"x": [1, 2], "base": [2, 1]})
    done = _script(str(x), "--baseline", str(base))
    assert done.returncode == 9
    assert done.stderr.startswith("trectools-compare: error: ")
    assert done.stderr.count("\n") == 1
