"""Interpolated scores are those of Pyserini's fusion, and behave as documented at the edges."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.runs import Run, write_run
from arir.lucene.jvm import start_jvm
from arir.search.hybrid import interpolate

Rankings = dict[str, list[tuple[str, float]]]
DENSE: Rankings = {
    "007": [("a", 0.9), ("NA", 0.7), ("c", 0.1)],
    "q2": [("a", 3.0), ("b", 3.0)],
    "q3": [("z", 0.5)],
}
SPARSE: Rankings = {
    "007": [("c", 12.5), ("d", 11.0), ("a", 4.25)],
    "q2": [("b", 2.0), ("c", 1.0)],
    "q4": [("y", 9.0), ("x", 8.0)],
}


def run(rankings: Rankings, tag: str = "run") -> Run:
    return Run.from_rankings(rankings, tag)


def as_lists(run: Run) -> Rankings:
    return {topic: [(hit.docid, hit.score) for hit in hits] for topic, hits in run.rankings()}


@pytest.mark.parametrize("alpha", [0.0, 0.3, 0.5, 1.0])
def test_scores_are_those_of_pyserinis_normalised_interpolation(
    tmp_path: Path, alpha: float
) -> None:
    start_jvm()
    from pyserini.fusion import interpolation
    from pyserini.trectools import RescoreMethod, TrecRun

    shared = [{t: hits for t, hits in r.items() if t in {"007", "q2"}} for r in (DENSE, SPARSE)]
    theirs = []
    for number, rankings in enumerate(shared):
        write_run(tmp_path / f"{number}.trec", run(rankings))
        loaded = TrecRun(str(tmp_path / f"{number}.trec"))
        theirs.append(loaded.rescore(method=RescoreMethod.NORMALIZE))
    fused = interpolation(theirs, alpha=alpha).to_numpy()
    expected = {(str(row[0]).lstrip("0"), str(row[2])): row[4] for row in fused}
    mine = interpolate(run(shared[0]), run(shared[1]), alpha=alpha)
    found = {
        (topic.lstrip("0"), hit.docid): hit.score for topic, hits in mine.rankings() for hit in hits
    }
    # Pyserini reads the docid NA as a missing value.
    found = {key: score for key, score in found.items() if key[1] != "NA"}
    expected = {key: score for key, score in expected.items() if key[1] in set("abcd")}
    assert found == pytest.approx(expected)


def test_passage_of_one_run_counts_zero_in_the_other() -> None:
    mine = as_lists(interpolate(run(DENSE), run(SPARSE), alpha=0.25))
    assert dict(mine["007"]) == pytest.approx(
        {"a": 0.25, "NA": 0.25 * 0.75, "c": 0.75, "d": 0.75 * (11 - 4.25) / (12.5 - 4.25)}
    )


def test_topics_of_either_run_are_kept() -> None:
    mine = interpolate(run(DENSE), run(SPARSE))
    assert mine.topic_ids == ("007", "q2", "q3", "q4")
    assert [docid for docid, _ in as_lists(mine)["q4"]] == ["y", "x"]


def test_equal_scores_rank_by_docid_as_trec_eval_does() -> None:
    mine = interpolate(run({"q": [("a", 2.0), ("c", 2.0), ("b", 2.0)]}), run({}))
    assert [docid for docid, _ in as_lists(mine)["q"]] == ["c", "b", "a"]


def test_depth_holds_for_each_run_and_for_the_result() -> None:
    first = {topic: hits[:2] for topic, hits in DENSE.items()}
    other = {topic: hits[:2] for topic, hits in SPARSE.items()}
    whole = as_lists(interpolate(run(first), run(other)))
    cut = as_lists(interpolate(run(DENSE), run(SPARSE), hits=2))
    assert cut == {topic: hits[:2] for topic, hits in whole.items()}


SCORES = st.dictionaries(
    st.sampled_from("abcdefgh"), st.floats(-50, 50, width=16), min_size=1, max_size=8
)


@given(SCORES, SCORES, st.floats(0, 1), st.floats(0.5, 8), st.floats(-100, 100))
def test_scale_and_shift_of_a_run_change_nothing(
    dense: dict[str, float], sparse: dict[str, float], alpha: float, scale: float, shift: float
) -> None:
    moved = {docid: score * scale + shift for docid, score in sparse.items()}
    one = interpolate(run({"q": [*dense.items()]}), run({"q": [*sparse.items()]}), alpha=alpha)
    two = interpolate(run({"q": [*dense.items()]}), run({"q": [*moved.items()]}), alpha=alpha)
    assert dict(as_lists(two)["q"]) == pytest.approx(dict(as_lists(one)["q"]), abs=1e-4)
    assert all(0 <= score <= 1.000001 for score in one.scores)
