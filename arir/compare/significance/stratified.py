"""Weighted sums of collections' means: macro averages, and gaps between groups of collections."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from arir.compare.significance.common import Estimate, Floats

__all__ = ["stratified_estimate", "topic_units"]

Ints = NDArray[np.int64]


def topic_units(topics: Sequence[Sequence[str]]) -> list[Ints]:
    """Number the topics over all collections: the same id is the same topic.

    >>> [units.tolist() for units in topic_units([["q1", "q2"], ["q2", "q3"]])]
    [[0, 1], [1, 2]]
    """
    number: dict[str, int] = {}
    return [
        np.array([number.setdefault(topic, len(number)) for topic in one], dtype=np.int64)
        for one in topics
    ]


def stratified_estimate(
    values: Sequence[Floats],
    weights: Sequence[float],
    units: Sequence[Ints],
    confidence: float = 0.95,
) -> Estimate:
    """sum_c w_c mean(v_c) and its interval, for collections c with topics of their own.

    Topics are independent, and one that is in several collections (the same queries in several
    languages) counts as one: the squared error is sum_t (sum_c w_c e_ct)^2 with
    e_ct = (v_ct - mean(v_c)) / sqrt(n_c (n_c - 1)), which without shared topics is
    sum_c w_c^2 s_c^2 / n_c. Degrees of freedom are Welch's and Satterthwaite's, or the topics of
    the largest collection less one where some are shared. No interval where a collection has one
    topic, or without variance.

    Args:
        values: for each collection c, shape (n_c,).
        weights: for each collection; 1 / C gives the macro average.
        units: for each collection the numbers of its topics, shape (n_c,).

    >>> one, other = np.array([0.2, 0.4, 0.6]), np.array([0.1, 0.5])
    >>> found = stratified_estimate([one, other], [0.5, 0.5], topic_units(["abc", "de"]))
    >>> f"{found.value:.3f} {found.interval[0]:.3f} {found.interval[1]:.3f}"
    '0.350 -0.248 0.948'
    """
    value = float(sum(w * v.mean() for w, v in zip(weights, values, strict=True)))
    sizes = np.array([v.size for v in values])
    if sizes.min() < 2:
        return Estimate(value)
    errors = np.zeros(1 + max(int(u.max()) for u in units))
    for w, v, u in zip(weights, values, units, strict=True):
        np.add.at(errors, u, w * (v - v.mean()) / math.sqrt(v.size * (v.size - 1)))
    # Deviations from a mean that rounds are not exactly 0 where all values are equal.
    if all(np.ptp(v) == 0 for v in values):
        return Estimate(value)
    error = math.sqrt(float((errors**2).sum()))
    if error == 0:
        return Estimate(value)
    degrees = _degrees(values, weights, shared=errors.size < sizes.sum())
    half = error * float(special.stdtrit(degrees, (1 + confidence) / 2))
    return Estimate(value, (value - half, value + half))


def _degrees(values: Sequence[Floats], weights: Sequence[float], *, shared: bool) -> float:
    if shared:
        return float(max(v.size for v in values) - 1)
    parts = np.array([w**2 * v.var(ddof=1) / v.size for w, v in zip(weights, values, strict=True)])
    below = np.array([v.size - 1 for v in values])
    return float(parts.sum() ** 2 / (parts**2 / below).sum())
