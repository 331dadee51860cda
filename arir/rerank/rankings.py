"""Rerank a run whose topics and passages are in memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from arir.data.runs import Hit, Run
from arir.errors import DataError, ModelError
from arir.models.protocols import Candidate, Reranker
from arir.progress import progress
from arir.search.order import topic_order

__all__ = ["check_known", "first_hits", "listing", "rerank_rankings"]


def rerank_rankings(
    run: Run,
    topics: Mapping[str, str],
    passages: Mapping[str, str],
    reranker: Reranker,
    *,
    depth: int = 100,
    tag: str = "reranked",
) -> Run:
    """Score the first ``depth`` hits of every topic anew, and keep the others behind them.

    The first hits are those of the highest scores; ties stay in the order of the file. Reranked
    hits stand in trec_eval's order. The scores of the hits below fall by one a rank from the lowest
    new score, so that any tool reads them in this order.

    Args:
        run: the ranking to improve.
        topics: query id to text.
        passages: docid to text, for the first ``depth`` hits of each topic at least.
        reranker: any :class:`~arir.models.protocols.Reranker`.
        depth: hits a topic that are scored anew.
        tag: the result's name.

    Raises:
        DataError: naming the topics or passages whose text is not there.
        ModelError: where the reranker loses candidates or gives a score that is not finite.
    """
    check_known(run.topic_ids, topics, "topics")
    rankings: dict[str, list[Hit]] = {}
    for topic, hits in progress(run.rankings(), "reranking", total=len(run), unit="topic"):
        ranked = _by_score(hits)
        first, below = ranked[:depth], ranked[depth:]
        check_known([hit.docid for hit in first], passages, "passages")
        candidates = [Candidate(hit.docid, passages[hit.docid], hit.score) for hit in first]
        scored = _scored(reranker, topics[topic], candidates)
        rankings[topic] = scored + _behind(scored[-1].score, below)
    return Run.from_rankings(rankings, tag)


def first_hits(run: Run, depth: int) -> set[str]:
    """Docids of the first ``depth`` hits of all topics together."""
    return {hit.docid for _, hits in run.rankings() for hit in _by_score(hits)[:depth]}


def check_known(
    ids: Iterable[str], known: Mapping[str, str], kind: str, where: object = None
) -> None:
    """Make sure that every id has a text.

    Raises:
        DataError: naming the first ids without one, and how many there are.
    """
    missing = [identifier for identifier in ids if identifier not in known]
    if missing:
        raise DataError(
            f"the run's {kind} {listing(missing)} are not there",
            where=where,
            fix=f"give the {'collection that was' if kind == 'passages' else 'topics that were'} "
            "searched",
        )


def listing(ids: Sequence[str], limit: int = 5) -> str:
    """The first ids of a list, and how many more there are.

    >>> listing(["d1", "d2", "d3"], limit=2)
    'd1, d2 and 1 more'
    """
    more = f" and {len(ids) - limit} more" if len(ids) > limit else ""
    return ", ".join(ids[:limit]) + more


def _by_score(hits: list[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: hit.score, reverse=True)


def _scored(reranker: Reranker, query: str, candidates: list[Candidate]) -> list[Hit]:
    reranked = reranker.rerank(query, candidates)
    if {hit.docid for hit in reranked} != {hit.docid for hit in candidates}:
        raise ModelError("gave other candidates back than it was given", where=reranker.name)
    docids = np.array([hit.docid for hit in reranked], dtype=object)
    scores = np.array([hit.score for hit in reranked], dtype=np.float32)
    for row in np.flatnonzero(~np.isfinite(scores)):
        raise ModelError(
            f"the score of passage {docids[row]} is not finite",
            where=reranker.name,
            fix="rerank with --precision fp32",
        )
    return [Hit(docids[row], float(scores[row])) for row in topic_order(scores, docids)]


def _behind(lowest: float, hits: list[Hit]) -> list[Hit]:
    return [Hit(hit.docid, lowest - place) for place, hit in enumerate(hits, 1)]
