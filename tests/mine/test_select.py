"""Candidates, judgments and margins, one rule at a time."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.mine.candidates import merged_candidates
from arir.mine.config import MineConfig
from arir.mine.false_negatives import highest_score
from arir.mine.select import Selection, judged, select_negatives

Scores = dict[str, float]
IDS = [f"d{n}" for n in range(12)]
RANKINGS = st.lists(st.permutations(IDS).map(lambda ids: list(ids)[:8]), min_size=1, max_size=3)


def mine(
    rankings: list[list[str]],
    grades: dict[str, int],
    sources: list[Scores] | None = None,
    query: str = "q",
    **settings: Any,
) -> Selection:
    values = {"runs": ("a",), "qrels": "q", "output": "o", **settings}
    config = MineConfig(**values)
    known = judged(grades, config.relevant)
    return select_negatives(query, known, rankings, sources or [], config)


@given(RANKINGS, st.integers(1, 10), st.integers(0, 4))
def test_candidates_are_the_union_of_the_runs_without_the_ranks_passed_over(
    rankings: list[list[str]], depth: int, skip: int
) -> None:
    found = merged_candidates(rankings, depth, skip)
    top = {docid for ranking in rankings for docid in ranking[:skip]}
    pooled = {docid for ranking in rankings for docid in ranking[:depth]}
    assert set(found) == pooled - top
    best = [min(r.index(docid) for r in rankings if docid in r) for docid in found]
    assert best == sorted(best)
    assert len(found) == len(set(found))


@given(RANKINGS, st.dictionaries(st.sampled_from(IDS), st.integers(-1, 3)), st.integers(1, 3))
def test_relevant_passages_are_never_negatives_and_those_judged_otherwise_may_be(
    rankings: list[list[str]], grades: dict[str, int], relevant: int
) -> None:
    taken = mine(rankings, grades, negatives=50, relevant=relevant).negatives
    pooled = {docid for ranking in rankings for docid in ranking}
    assert set(taken) == {docid for docid in pooled if grades.get(docid, 0) <= 0}


def test_passages_judged_not_relevant_stay_whatever_their_rank_and_score() -> None:
    rankings, scores = [["bad", "near", "pos", "far"]], {"bad": 9.0, "near": 8.0, "pos": 5.0}
    grades = {"pos": 1, "bad": 0}
    selection = mine(rankings, grades, [scores | {"far": 1.0}], margin=0, skip_top=1)
    assert selection.negatives == ("bad", "far")
    assert selection.dropped == 1


def test_of_several_positives_the_lowest_score_decides() -> None:
    scores = {"p1": 9.0, "p2": 4.0, "a": 5.0, "b": 3.0}
    selection = mine([["a", "b"]], {"p1": 1, "p2": 2}, [scores], margin=0.5)
    assert selection.negatives == ("b",)


def test_a_positive_without_a_score_does_not_stand_in_the_way_of_one_with() -> None:
    selection = mine([["a", "b"]], {"p1": 1, "p2": 1}, [{"p1": 4.0, "a": 5.0, "b": 1.0}], margin=0)
    assert selection.negatives == ("b",)


def test_any_run_may_speak_against_a_candidate_but_their_scores_are_not_compared() -> None:
    bm25, dense = {"p": 20.0, "a": 12.0, "b": 25.0}, {"p": 0.7, "a": 0.9, "c": 0.5}
    selection = mine([["b", "p", "a"], ["a", "p", "c"]], {"p": 1}, [bm25, dense], margin=0)
    assert selection.negatives == ("c",)
    assert (selection.dropped, selection.unchecked) == (2, 0)


def test_a_query_whose_positive_has_no_score_keeps_its_candidates_and_says_so() -> None:
    selection = mine([["a", "b"]], {"p": 1}, [{"a": 5.0, "b": 3.0}], margin=1)
    assert selection == Selection(("a", "b"), dropped=0, unchecked=2, guarded=False)


def test_a_candidate_without_a_score_is_kept_and_counted() -> None:
    selection = mine([["a", "b", "c"]], {"p": 1, "c": 0}, [{"p": 4.0, "a": 1.0}], margin=1)
    assert selection == Selection(("a", "b", "c"), dropped=0, unchecked=1, guarded=True)


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=4),
    st.none() | st.floats(-3, 3),
    st.none() | st.floats(0, 1),
)
def test_no_margin_lets_a_bar_rise_and_relative_ones_respect_the_sign(
    positives: list[float], margin: float | None, relative: float | None
) -> None:
    bar = highest_score(positives, margin, relative)
    if margin is None and relative is None:
        assert bar == math.inf
    if relative is not None:
        assert bar <= min(positives)
    if margin is not None:
        assert bar <= min(positives) - margin


def test_random_negatives_depend_on_seed_and_query_alone() -> None:
    ranking, few = [IDS], {"negatives": 4, "sampling": "random"}
    first = mine(ranking, {"p": 1}, **few).negatives
    assert first == mine(ranking, {"p": 1}, **few).negatives
    assert first != mine(ranking, {"p": 1}, seed=1, **few).negatives
    assert first != mine(ranking, {"p": 1}, query="q2", **few).negatives
    assert sorted(first, key=IDS.index) == list(first)
    assert first != tuple(IDS[:4])


def test_random_negatives_are_drawn_evenly_from_all_candidates() -> None:
    drawn = [
        docid
        for seed in range(600)
        for docid in mine([IDS], {"p": 1}, negatives=4, sampling="random", seed=seed).negatives
    ]
    shares = [drawn.count(docid) / 600 for docid in IDS]
    assert all(share == pytest.approx(4 / 12, abs=0.08) for share in shares)
