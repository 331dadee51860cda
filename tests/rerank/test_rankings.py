"""Reranking sorts the first hits anew and never loses, mixes up or invents one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.runs import Run
from arir.errors import DataError, ModelError
from arir.models.protocols import Candidate
from arir.rerank.rankings import first_hits, rerank_rankings
from arir.search.order import topic_order
from tests.fakes import LengthReranker

TOPICS = {"007": "x", "NA": "y"}
PASSAGES = {"a": "1", "b": "22", "c": "333", "d": "4444", "e": "55555"}
HITS = {
    "007": [("a", 9.0), ("b", 8.0), ("c", 7.0), ("d", 6.0)],
    "NA": [("e", 3.0), ("d", 2.0)],
}


def run(rankings: dict[str, list[tuple[str, float]]] = HITS) -> Run:
    return Run.from_rankings(rankings, "first")


def docids(run: Run) -> dict[str, list[str]]:
    return {topic: [hit.docid for hit in hits] for topic, hits in run.rankings()}


def test_first_hits_are_sorted_anew_and_the_others_follow_in_their_order() -> None:
    reranked = rerank_rankings(run(), TOPICS, PASSAGES, LengthReranker(), depth=2)
    assert docids(reranked) == {"007": ["b", "a", "c", "d"], "NA": ["e", "d"]}
    assert [hit.score for hit in reranked.hits(0)] == [2.0, 1.0, 0.0, -1.0]
    assert reranked.tag == "reranked"


def test_depth_beyond_the_run_reranks_all_of_it() -> None:
    reranked = rerank_rankings(run(), TOPICS, PASSAGES, LengthReranker(), depth=50)
    assert docids(reranked) == {"007": ["d", "c", "b", "a"], "NA": ["e", "d"]}


def test_first_hits_are_those_of_the_highest_scores_not_of_the_first_lines() -> None:
    unsorted = run({"007": [("a", 1.0), ("b", 5.0), ("c", 5.0), ("d", 9.0)]})
    assert first_hits(unsorted, 2) == {"d", "b"}
    reranked = rerank_rankings(unsorted, TOPICS, PASSAGES, LengthReranker(), depth=2)
    assert docids(reranked) == {"007": ["d", "b", "c", "a"]}


@given(
    st.dictionaries(st.sampled_from("abcde"), st.floats(-9, 9), min_size=1),
    st.integers(1, 6),
    st.floats(-1e5, 1e5, width=32),
)
def test_any_tool_reads_the_ranks_as_they_were_written(
    hits: dict[str, float], depth: int, level: float
) -> None:
    class Constant(LengthReranker):
        def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
            return [candidate._replace(score=level) for candidate in candidates]

    reranked = rerank_rankings(
        run({"007": [*hits.items()]}), TOPICS, PASSAGES, Constant(), depth=depth
    )
    ids = np.array(reranked.ids_between(0, len(hits)), dtype=object)
    assert set(ids) == set(hits)
    assert topic_order(reranked.scores, ids).tolist() == list(range(len(hits)))


def test_unknown_topics_are_named() -> None:
    with pytest.raises(DataError, match="the run's topics 007, NA are not there"):
        rerank_rankings(run(), {"7": "x"}, PASSAGES, LengthReranker())


def test_unknown_passages_are_named_up_to_a_handful() -> None:
    hits = [(f"p{number}", 1.0) for number in range(8)]
    with pytest.raises(DataError, match="passages p0, p1, p2, p3, p4 and 3 more are not there"):
        rerank_rankings(run({"007": hits}), TOPICS, PASSAGES, LengthReranker())


def test_passages_below_the_depth_need_no_text() -> None:
    hits = [("a", 2.0), ("unknown", 1.0)]
    reranked = rerank_rankings(run({"007": hits}), TOPICS, PASSAGES, LengthReranker(), depth=1)
    assert docids(reranked) == {"007": ["a", "unknown"]}


def test_a_reranker_that_loses_candidates_is_caught() -> None:
    class Forgetful(LengthReranker):
        def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
            return super().rerank(query, candidates)[1:]

    with pytest.raises(ModelError, match="length: gave other candidates back"):
        rerank_rankings(run(), TOPICS, PASSAGES, Forgetful())


def test_scores_that_cannot_be_ranked_are_refused() -> None:
    class Broken(LengthReranker):
        def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
            return [candidate._replace(score=float("nan")) for candidate in candidates]

    with pytest.raises(ModelError, match=r"score of passage a is not finite; .*fp32"):
        rerank_rankings(run(), TOPICS, PASSAGES, Broken())
