"""Measures for pools that hold too few judgments, and how many judgments there are.

A grade below 0 says, as in trec_eval, that the passage is in the pool but was not judged.
"""

from __future__ import annotations

import numpy as np

from arir.evaluate.binary import divide
from arir.evaluate.judged import Floats, JudgedHits

__all__ = ["bpref", "inferred_average_precision", "judged"]

#: keeps the ratio of judged hits defined where none came before (trec_eval's INFAP_EPSILON)
EPSILON = 0.00001


def judged(hits: JudgedHits, cutoff: int | None = None) -> Floats:
    """The share of the first k hits that the qrels name, over the hits that there are.

    >>> from arir.evaluate.judged import from_grades
    >>> judged(from_grades([[1, None, 0, None], [1]]), cutoff=2).tolist()
    [0.5, 1.0]
    """
    seen = hits.depth if cutoff is None else np.minimum(hits.depth, cutoff)
    return divide(hits.counts(hits.up_to(cutoff)), seen)


def bpref(hits: JudgedHits, rel: int = 1) -> Floats:
    """bpref = 1/R sum_r (1 - min(n above r, R) / min(N, R)), Buckley and Voorhees (SIGIR 2004).

    r runs over the relevant hits, n counts the hits judged non-relevant, N all passages judged
    non-relevant.

    >>> from arir.evaluate.judged import from_grades
    >>> bpref(from_grades([[1, 0, None, 1]], pool=[[1, 1, 0, 0]])).tolist()
    [0.75]
    """
    relevant = hits.grade >= rel
    n_relevant = hits.n_relevant(rel)
    n_other = hits.pool_counts((hits.pool_grade >= 0) & (hits.pool_grade < rel))
    above = hits.running((hits.grade >= 0) & ~relevant)
    lost = divide(
        np.minimum(above, n_relevant[hits.topic]), np.minimum(n_other, n_relevant)[hits.topic]
    )
    return divide(hits.sums(1.0 - lost, relevant), n_relevant)


def inferred_average_precision(hits: JudgedHits, rel: int = 1) -> Floats:
    """infAP = 1/R sum_r E[P@rank(r)], Yilmaz and Aslam (CIKM 2006), for a judged sample of a pool.

    With j hits above r, of which d are in the pool, of these a relevant and b not, the expected
    precision is 1/(j+1) + j/(j+1) d/j (a + e)/(a + b + 2e).

    >>> from arir.evaluate.judged import from_grades
    >>> inferred_average_precision(from_grades([[1, -1, 1]])).round(4).tolist()
    [1.0]
    """
    relevant, other = hits.grade >= rel, (hits.grade >= 0) & (hits.grade < rel)
    a, b = hits.running(relevant) - 1, hits.running(other)
    pooled = a + b + hits.running(hits.grade < 0)
    j = (hits.rank - 1).astype(np.float64)
    ratio = (a + EPSILON) / (a + b + 2 * EPSILON)
    expected = 1.0 / (j + 1.0) + (j / (j + 1.0)) * divide(pooled, j) * ratio
    return divide(hits.sums(expected, relevant), hits.n_relevant(rel))
