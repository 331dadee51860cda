"""Measures that weigh passages by their grade and their rank."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arir.errors import EvaluationError
from arir.evaluate.binary import divide
from arir.evaluate.judged import Floats, Ints, JudgedHits, add_up, running

__all__ = ["expected_reciprocal_rank", "ndcg", "rank_biased_precision"]

#: the highest grade of the TREC Web track, on which gdeval scales ERR
ERR_MAX_GRADE = 4


def discounts(depth: int) -> Floats:
    """log2(rank + 1) for ranks 0 to ``depth``.

    The C library's log2, which trec_eval calls too; NumPy's may differ in the last digit.
    """
    return np.array([math.log2(rank + 1) for rank in range(depth + 1)], dtype=np.float64)


def ndcg(
    hits: JudgedHits,
    cutoff: int | None = None,
    dcg: Literal["log2", "exp-log2"] = "log2",
    gains: Sequence[tuple[int, int]] = (),
) -> Floats:
    """nDCG@k = DCG@k / ideal DCG@k with DCG@k = sum_{i<=k} gain(i) / log2(i + 1).

    Järvelin and Kekäläinen (TOIS 2002), with trec_eval's discount. The gain is the grade
    (``log2``) or 2^grade - 1 (``exp-log2``, Burges et al. 2005), grades below 1 gain nothing.

    Args:
        gains: pairs (grade, gain) in place of some grades.

    >>> from arir.evaluate.judged import from_grades
    >>> ndcg(from_grades([[0, 2, None]], pool=[[2, 1, 0]]), cutoff=3).round(4).tolist()
    [0.4796]
    """
    gain, ideal = _gains(hits.grade, dcg, gains), _gains(hits.pool_grade, dcg, gains)
    if gains:
        ideal = ideal[np.lexsort((-ideal, hits.pool_topic))]
    everything = np.ones(len(ideal), dtype=np.bool_)
    ideal_rank = running(everything, hits.pool_topic, len(hits))
    deepest = max(hits.rank.max(initial=1), ideal_rank.max(initial=1))
    log_rank = discounts(int(deepest))
    found = hits.sums(gain / log_rank[hits.rank], (gain > 0) & hits.up_to(cutoff))
    kept = (ideal > 0) if cutoff is None else (ideal > 0) & (ideal_rank <= cutoff)
    terms = (ideal / log_rank[ideal_rank])[kept]
    best = add_up(terms, hits.pool_topic[kept], len(hits))
    return divide(found, best)


def _gains(grades: Ints, dcg: str, gains: Sequence[tuple[int, int]]) -> Floats:
    mapped = grades.copy()
    for grade, gain in gains:
        mapped[grades == grade] = gain
    if dcg == "exp-log2":
        return np.exp2(np.maximum(mapped, 0)) - 1.0
    return mapped.astype(np.float64)


def rank_biased_precision(
    hits: JudgedHits, p: float = 0.8, rel: int = 1, cutoff: int | None = None
) -> Floats:
    """RBP = (1 - p) sum_{i<=k} rel(i) p^(i-1) (Moffat and Zobel, TOIS 2008).

    >>> from arir.evaluate.judged import from_grades
    >>> rank_biased_precision(from_grades([[1, None, 1]]), p=0.5).tolist()
    [0.625]
    """
    relevant = (hits.grade >= rel) & hits.up_to(cutoff)
    weights = np.power(np.float64(p), hits.rank - 1)
    return (1.0 - p) * hits.sums(weights, relevant)


def expected_reciprocal_rank(hits: JudgedHits, cutoff: int | None = None) -> Floats:
    """ERR@k = sum_{i<=k} 1/i R(i) prod_{j<i} (1 - R(j)) with R(i) = (2^grade - 1) / 2^4.

    Chapelle et al. (CIKM 2009); scaled on grade 4 whatever the highest grade is, as in gdeval.

    Raises:
        EvaluationError: where a grade is above 4, for which that scale is not defined.

    >>> from arir.evaluate.judged import from_grades
    >>> expected_reciprocal_rank(from_grades([[0, 4, 1]]), cutoff=3).tolist()
    [0.470052083...]
    """
    highest = int(hits.pool_grade.max(initial=0))
    if highest > ERR_MAX_GRADE:
        what = f"ERR is defined for grades up to {ERR_MAX_GRADE}, the qrels hold {highest}"
        raise EvaluationError(what, fix="map the grades, or choose nDCG")
    stops = (np.exp2(np.maximum(hits.grade, 0)) - 1.0) / 2.0**ERR_MAX_GRADE
    useful = (hits.grade > 0) & hits.up_to(cutoff)
    return _cascade(hits.topic[useful], hits.rank[useful], stops[useful], len(hits))


def _cascade(topic: Ints, rank: Ints, stop: NDArray[np.float64], n_topics: int) -> Floats:
    """Walk down all rankings at once: step n takes the n-th relevant hit of every topic."""
    step = running(np.ones(len(topic), dtype=np.bool_), topic, n_topics)
    value = np.zeros(n_topics, dtype=np.float64)
    reached = np.ones(n_topics, dtype=np.float64)
    for n in range(1, int(step.max(initial=0)) + 1):
        now = step == n
        value[topic[now]] += stop[now] * reached[topic[now]] / rank[now]
        reached[topic[now]] *= 1.0 - stop[now]
    return value
