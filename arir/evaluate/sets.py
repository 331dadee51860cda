"""Measures of the retrieved set as a whole, and the counts behind them."""

from __future__ import annotations

import numpy as np

from arir.evaluate.binary import divide
from arir.evaluate.judged import Floats, JudgedHits

__all__ = [
    "number_relevant",
    "number_relevant_retrieved",
    "number_retrieved",
    "number_topics",
    "set_average_precision",
    "set_f",
    "set_precision",
    "set_recall",
]


def number_topics(hits: JudgedHits) -> Floats:
    """1 for each judged topic, so that the sum is their number.

    >>> from arir.evaluate.judged import from_grades
    >>> number_topics(from_grades([[1], []])).tolist()
    [1.0, 1.0]
    """
    return np.ones(len(hits), dtype=np.float64)


def number_retrieved(hits: JudgedHits, rel: int | None = None) -> Floats:
    """The number of hits, or of hits with a grade of at least ``rel``.

    >>> from arir.evaluate.judged import from_grades
    >>> number_retrieved(from_grades([[1, None, 0]])).tolist()
    [3.0]
    """
    return (hits.depth if rel is None else hits.counts(hits.grade >= rel)).astype(np.float64)


def number_relevant_retrieved(hits: JudgedHits, rel: int = 1) -> Floats:
    """The number of relevant hits.

    >>> from arir.evaluate.judged import from_grades
    >>> number_relevant_retrieved(from_grades([[1, None, 0]])).tolist()
    [1.0]
    """
    return number_retrieved(hits, rel)


def number_relevant(hits: JudgedHits, rel: int = 1) -> Floats:
    """The number of relevant passages, retrieved or not.

    >>> from arir.evaluate.judged import from_grades
    >>> number_relevant(from_grades([[1]], pool=[[1, 1, 0]])).tolist()
    [2.0]
    """
    return hits.n_relevant(rel).astype(np.float64)


def set_precision(hits: JudgedHits, rel: int = 1, relative: bool = False) -> Floats:
    """Relevant hits over all hits; ``relative``: over the most that so many hits could hold.

    >>> from arir.evaluate.judged import from_grades
    >>> ranking = from_grades([[1, 0, None, None]], pool=[[1, 1, 0]])
    >>> set_precision(ranking).tolist(), set_precision(ranking, relative=True).tolist()
    ([0.25], [0.5])
    """
    possible = np.minimum(hits.depth, hits.n_relevant(rel)) if relative else hits.depth
    return divide(hits.counts(hits.grade >= rel), possible)


def set_recall(hits: JudgedHits, rel: int = 1) -> Floats:
    """Relevant hits over all relevant passages.

    >>> from arir.evaluate.judged import from_grades
    >>> set_recall(from_grades([[1, None]], pool=[[1, 1]])).tolist()
    [0.5]
    """
    return divide(hits.counts(hits.grade >= rel), hits.n_relevant(rel))


def set_f(hits: JudgedHits, rel: int = 1, beta: float = 1.0) -> Floats:
    """F = (beta + 1) P R / (R + beta P) of set precision P and recall R.

    ``beta`` is not squared: trec_eval's form, not van Rijsbergen's.

    >>> from arir.evaluate.judged import from_grades
    >>> set_f(from_grades([[1, None, None, None]], pool=[[1, 1]])).round(4).tolist()
    [0.3333]
    """
    p, r = set_precision(hits, rel), set_recall(hits, rel)
    return divide((beta + 1.0) * p * r, r + beta * p)


def set_average_precision(hits: JudgedHits, rel: int = 1) -> Floats:
    """Set precision times set recall: AP of an unordered set.

    >>> from arir.evaluate.judged import from_grades
    >>> set_average_precision(from_grades([[1, None]], pool=[[1, 1]])).tolist()
    [0.25]
    """
    found = hits.counts(hits.grade >= rel).astype(np.float64)
    return divide(found * found, hits.depth * hits.n_relevant(rel).astype(np.float64))
