"""Hybrid search: a dense and a sparse ranking, normalised topic by topic and interpolated."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arir.data.runs import Run
from arir.search.order import trec_order

__all__ = ["interpolate", "min_max"]


def min_max(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale the scores of one topic to [0, 1]; where all are equal, each becomes 1.

    >>> min_max(np.array([3.0, 2.0, 1.0])).tolist()
    [1.0, 0.5, 0.0]
    >>> min_max(np.array([7.0, 7.0])).tolist()
    [1.0, 1.0]
    """
    if not len(scores):
        return scores
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)


def interpolate(
    dense: Run, sparse: Run, *, alpha: float = 0.5, hits: int = 1000, tag: str = "hybrid"
) -> Run:
    """Interpolate two runs: ``alpha * minmax(dense) + (1 - alpha) * minmax(sparse)``.

    Each run is scaled to [0, 1] topic by topic over the hits that it holds. A passage that one of
    them did not retrieve counts there as its worst hit, that is, 0. A topic of one run only keeps
    that run's ranking. Scores are rounded to single precision and ranked in trec_eval's order.

    Args:
        dense: the run that ``alpha`` weighs.
        sparse: the run that ``1 - alpha`` weighs.
        alpha: from 0 (sparse only) to 1 (dense only).
        hits: passages a topic in the result.
        tag: the result's name.
    """
    sources = [(dense, _positions(dense), alpha), (sparse, _positions(sparse), 1 - alpha)]
    rankings: dict[str, list[tuple[str, float]]] = {}
    for topic in dict.fromkeys((*dense.topic_ids, *sparse.topic_ids)):
        total: dict[str, float] = {}
        for run, positions, weight in sources:
            if topic in positions:
                _add(total, run, positions[topic], weight)
        rankings[topic] = _ranked(total, hits)
    return Run.from_rankings(rankings, tag)


def _positions(run: Run) -> dict[str, int]:
    return {topic: position for position, topic in enumerate(run.topic_ids)}


def _add(total: dict[str, float], run: Run, topic: int, weight: float) -> None:
    part = slice(int(run.offsets[topic]), int(run.offsets[topic + 1]))
    weighted = weight * min_max(run.scores[part])
    for docid, score in zip(run.docids[part].tolist(), weighted.tolist(), strict=True):
        total[docid] = total.get(docid, 0.0) + score


def _ranked(total: dict[str, float], hits: int) -> list[tuple[str, float]]:
    docids = np.array(list(total), dtype=object)
    scores = np.array(list(total.values()), dtype=np.float32)
    return [(docids[i], float(scores[i])) for i in trec_order(scores, docids)[:hits]]
