"""Tukey's honestly significant difference by randomisation, for many systems at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arir.compare.significance.common import (
    Advance,
    Floats,
    block_rows,
    checked_values,
    random_stream,
)

__all__ = ["TukeyResult", "tukey_hsd"]


@dataclass(frozen=True)
class TukeyResult:
    """The outcome of a randomised Tukey HSD over all pairs of S systems.

    Attributes:
        p: shape (S, S), symmetric, 1 on the diagonal; adjusted for all pairs already.
        ranges: shape (B,), sorted; the largest difference of two means in each resample.
    """

    p: Floats
    ranges: Floats

    def critical_difference(self, alpha: float) -> float:
        """The difference of means that simultaneous intervals at 1 - alpha extend to each side."""
        place = int(np.ceil((1 - alpha) * (self.ranges.size + 1))) - 1
        return float(self.ranges[min(place, self.ranges.size - 1)])


def tukey_hsd(
    values: object, *, permutations: int = 10_000, seed: int = 0, advance: Advance | None = None
) -> TukeyResult:
    """Randomised Tukey HSD: the values of each topic are shuffled among all systems.

    In each of B resamples the difference of the largest and the smallest mean is noted; a pair's
    ``p`` is (b + 1) / (B + 1), where b resamples reach the pair's absolute difference. It controls
    the chance of any false rejection among all pairs, two-sided, without a further correction.

    Source: Carterette (TOIS 2012), "Multiple testing in statistical analysis of systems-based
    information retrieval experiments", section 4.2. ``p`` is 1 for equal means. With two systems
    it is the randomisation test. Unlike there, ``p`` depends on which systems are compared.

    Args:
        values: shape (S, n), a row a system, a column a topic; S >= 2.

    Raises:
        EvaluationError: where there is no topic or a value is not finite.

    >>> result = tukey_hsd([[0.9] * 9, [0.2] * 9, [0.2] * 9], permutations=999)
    >>> bool(result.p[0, 1] < 0.05), float(result.p[1, 2])
    (True, 1.0)
    """
    matrix = checked_values(values)
    topics = matrix.shape[1]
    # Sorted within each topic, so that the order of the systems cannot change a resample.
    ranges = _ranges(np.sort(matrix, axis=0), permutations, seed, advance) / topics
    means = matrix.mean(axis=1)
    differences = np.abs(means[:, None] - means[None, :])
    slack = 2 * topics * np.finfo(np.float64).eps * float(np.abs(matrix).max())
    reached = permutations - np.searchsorted(ranges, differences - slack, side="left")
    return TukeyResult((reached + 1) / (permutations + 1), ranges)


def _ranges(matrix: Floats, permutations: int, seed: int, advance: Advance | None) -> Floats:
    """Sorted range of the systems' sums over the topics in each resample."""
    stream = random_stream(seed)
    found = []
    for rows in block_rows(16 * matrix.size, permutations):
        shuffled = np.repeat(matrix.T[None], rows, axis=0)
        stream.permuted(shuffled, axis=2, out=shuffled)
        found.append(np.ptp(shuffled.sum(axis=1), axis=1))
        if advance is not None:
            advance(rows)
    ranges: Floats = np.sort(np.concatenate(found))
    return ranges
