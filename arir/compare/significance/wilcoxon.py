"""Wilcoxon's signed-rank test."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from arir.compare.significance.common import (
    Floats,
    Sides,
    TestResult,
    in_unit,
    paired_differences,
    sign_of,
)

__all__ = ["wilcoxon_test"]

#: beyond this many topics with a difference the normal approximation is used, as in scipy
EXACT_LIMIT = 50


def wilcoxon_test(first: object, second: object, sides: Sides = "two") -> TestResult:
    """Wilcoxon's signed-rank test of a symmetric distribution of differences about 0.

    Source: Wilcoxon (1945). Zero differences are dropped and tied amounts share their mean rank
    (``zero_method="wilcox"``, scipy's default). With at most 50 differences the distribution is
    exact, ties included (scipy is exact with ties up to 13 and approximates beyond); above that it
    is the normal approximation with its variance corrected for ties and no continuity correction.

    The statistic is W+, the rank sum of the topics on which the first system is better. ``p`` is 1
    where all differences are 0.

    Raises:
        EvaluationError: for unequal lengths, no topic, or values that are not finite.

    >>> wilcoxon_test([0.5, 0.7, 0.9, 0.3, 0.8], [0.4, 0.5, 0.6, 0.7, 0.3])
    TestResult(p=0.4375, statistic=11.0, direction=1, method='exact')
    """
    differences = paired_differences(first, second)
    differences = differences[differences != 0]
    if differences.size == 0:
        return TestResult(1.0, 0.0, 0, "exact")
    ranks = _mean_ranks(np.abs(differences))
    positive = float(ranks[differences > 0].sum())
    direction = sign_of(2 * positive - float(ranks.sum()))
    if differences.size <= EXACT_LIMIT:
        return TestResult(_exact_p(ranks, positive, sides), positive, direction, "exact")
    return TestResult(_normal_p(ranks, positive, sides), positive, direction, "asymptotic")


def _mean_ranks(amounts: Floats) -> Floats:
    """Ranks from 1; equal amounts share the mean of theirs."""
    _, position, counts = np.unique(amounts, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    shared: Floats = (last - (counts - 1) / 2)[position]
    return shared


def _exact_p(ranks: Floats, positive: float, sides: Sides) -> float:
    """The share of the 2^n sign patterns whose W+ is at least as extreme."""
    doubled = np.rint(2 * ranks).astype(np.int64)  # mean ranks are multiples of one half
    patterns = _subset_sums(doubled)
    observed = int(np.rint(2 * positive))
    above = patterns[observed:].sum() / 2.0**ranks.size
    below = patterns[: observed + 1].sum() / 2.0**ranks.size
    tails = {"two": 2 * min(above, below), "greater": above, "less": below}
    return in_unit(tails[sides])


def _subset_sums(parts: NDArray[np.int64]) -> Floats:
    """How many subsets of ``parts`` have each sum from 0 on; exact, as 2^50 fits a double."""
    counts = np.zeros(int(parts.sum()) + 1)
    counts[0] = 1.0
    for part in parts:
        counts[part:] += counts[:-part].copy()
    return counts


def _normal_p(ranks: Floats, positive: float, sides: Sides) -> float:
    """W+ has mean sum(ranks) / 2 and variance sum(ranks^2) / 4, which holds with ties too."""
    z = (positive - float(ranks.sum()) / 2) / math.sqrt(float((ranks**2).sum()) / 4)
    tails = {"two": 2 * special.ndtr(-abs(z)), "greater": special.ndtr(-z), "less": special.ndtr(z)}
    return in_unit(float(tails[sides]))
