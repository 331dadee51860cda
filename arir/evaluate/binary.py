"""Measures that ask only whether a passage is relevant (its grade is at least ``rel``).

R is the number of relevant passages of the topic, ``rel(i)`` is 1 where the hit at rank i is
relevant. All equal trec_eval to the last digit; a topic without relevant passages scores 0.
"""

from __future__ import annotations

import numpy as np

from arir.evaluate.judged import Floats, Ints, JudgedHits

__all__ = [
    "average_precision",
    "interpolated_precision",
    "precision",
    "r_precision",
    "recall",
    "reciprocal_rank",
    "success",
]


def divide(numerator: Floats | Ints, denominator: Floats | Ints) -> Floats:
    """Divide, giving 0 where the denominator is 0."""
    quotient = np.zeros(len(numerator), dtype=np.float64)
    np.divide(numerator, denominator, out=quotient, where=np.asarray(denominator) != 0)
    return quotient


def _found(hits: JudgedHits, cutoff: int | None, rel: int) -> Ints:
    return hits.counts((hits.grade >= rel) & hits.up_to(cutoff))


def precision(hits: JudgedHits, cutoff: int, rel: int = 1) -> Floats:
    """P@k = 1/k sum_{i<=k} rel(i), also where fewer than k passages were retrieved.

    >>> from arir.evaluate.judged import from_grades
    >>> precision(from_grades([[1, None, 2, 0], [1]]), cutoff=4).tolist()
    [0.5, 0.25]
    """
    return _found(hits, cutoff, rel) / np.float64(cutoff)


def recall(hits: JudgedHits, cutoff: int, rel: int = 1) -> Floats:
    """R@k = 1/R sum_{i<=k} rel(i).

    >>> from arir.evaluate.judged import from_grades
    >>> recall(from_grades([[1, None, 2]], pool=[[1, 1, 1, 2]]), cutoff=2).tolist()
    [0.25]
    """
    return divide(_found(hits, cutoff, rel), hits.n_relevant(rel))


def success(hits: JudgedHits, cutoff: int, rel: int = 1) -> Floats:
    """1 where a relevant passage is among the first k, else 0.

    >>> from arir.evaluate.judged import from_grades
    >>> success(from_grades([[0, 1], [0, 0, 1]]), cutoff=2).tolist()
    [1.0, 0.0]
    """
    return (_found(hits, cutoff, rel) > 0).astype(np.float64)


def average_precision(hits: JudgedHits, cutoff: int | None = None, rel: int = 1) -> Floats:
    """AP = 1/R sum_{i<=k} rel(i) P@i (Buckley and Voorhees, in Voorhees and Harman 2005, ch. 3).

    >>> from arir.evaluate.judged import from_grades
    >>> average_precision(from_grades([[1, None, 1]], pool=[[1, 1, 0]])).tolist()
    [0.8333333333333333]
    """
    relevant = hits.grade >= rel
    precisions = hits.running(relevant) / hits.rank
    return divide(hits.sums(precisions, relevant & hits.up_to(cutoff)), hits.n_relevant(rel))


def reciprocal_rank(hits: JudgedHits, cutoff: int | None = None, rel: int = 1) -> Floats:
    """RR = 1 / rank of the first relevant hit, 0 where none is among the first k.

    trec_eval's ``recip_rank`` knows no cut-off: it is ``RR``, and MS MARCO's is ``RR@10``.

    >>> from arir.evaluate.judged import from_grades
    >>> ranking = from_grades([[None, None, 1, 1]])
    >>> reciprocal_rank(ranking).tolist(), reciprocal_rank(ranking, cutoff=2).tolist()
    ([0.3333333333333333], [0.0])
    """
    relevant = hits.grade >= rel
    first = relevant & (hits.running(relevant) == 1) & hits.up_to(cutoff)
    return hits.sums(1.0 / hits.rank, first)


def r_precision(hits: JudgedHits, rel: int = 1) -> Floats:
    """Rprec = P@R.

    >>> from arir.evaluate.judged import from_grades
    >>> r_precision(from_grades([[1, 0, 1]], pool=[[1, 1, 0]])).tolist()
    [0.5]
    """
    n_relevant = hits.n_relevant(rel)
    found = hits.counts((hits.grade >= rel) & (hits.rank <= n_relevant[hits.topic]))
    return divide(found, n_relevant)


def interpolated_precision(hits: JudgedHits, recall: float, rel: int = 1) -> Floats:
    """IPrec@r = max P@i over the ranks i at which recall is at least r (11-point curves).

    Recall r is reached with int(r R + 0.9) relevant hits, as in trec_eval 9.

    >>> from arir.evaluate.judged import from_grades
    >>> interpolated_precision(from_grades([[1, 0, 1, 0]]), recall=0.6).tolist()
    [0.6666666666666666]
    """
    relevant = hits.grade >= rel
    found = hits.running(relevant)
    needed = (recall * hits.n_relevant(rel) + 0.9).astype(np.int64)
    reached = relevant & (found >= needed[hits.topic])
    best = np.zeros(len(hits), dtype=np.float64)
    np.maximum.at(best, hits.topic[reached], (found / hits.rank)[reached])
    return best
