"""The paired randomisation (sign-flip) test for many pairs at once."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from arir.compare.significance.common import (
    Advance,
    Floats,
    Pairs,
    Sides,
    TestResult,
    block_rows,
    checked_values,
    in_unit,
    paired_differences,
    random_stream,
    sign_of,
)

__all__ = ["randomisation_tests"]


def randomisation_tests(
    values: object,
    pairs: Pairs,
    *,
    sides: Sides = "two",
    permutations: int = 100_000,
    seed: int = 0,
    advance: Advance | None = None,
) -> list[TestResult]:
    """Fisher's randomisation test of the mean difference for each pair of rows of ``values``.

    Under the null the two systems' values on a topic could as well be swapped, which flips the sign
    of that topic's difference. ``p`` is the share of sign patterns with a mean difference at least
    as extreme (by absolute value, two-sided) as the observed one.

    - Topics without a difference change nothing; with k others and 2^k <= ``permutations`` all 2^k
      patterns are enumerated, and ``p`` is exact.
    - Beyond that B = ``permutations`` random patterns give p = (b + 1) / (B + 1), which keeps the
      test valid (Phipson and Smyth 2010) and never gives 0.
    - A resample that equals the observed value up to rounding counts as extreme.
    - The patterns depend on ``seed``, B and the number of topics alone: a pair's ``p`` does not
      change with the other systems in ``values``, and all pairs see the same patterns.

    Source: Fisher (1935); Smucker, Allan and Carterette (CIKM 2007). ``p`` is 1 where all
    differences are 0. The statistic is the mean difference.

    Args:
        values: shape (S, n), a row a system, a column a topic.
        pairs: row numbers (first, second).
        advance: called with the number of patterns just done, for a progress bar.

    Raises:
        EvaluationError: where there is no topic or a value is not finite.

    >>> randomisation_tests(
    ...     [[0.5, 0.6, 0.9, 0.4], [0.4, 0.4, 0.6, 0.1]], [(0, 1)]
    ... )  # doctest: +ELLIPSIS
    [TestResult(p=0.125, statistic=0.225..., direction=1, method='exact')]
    """
    matrix = checked_values(values)
    differences = [paired_differences(matrix[one], matrix[other]) for one, other in pairs]
    many = [
        place
        for place, d in enumerate(differences)
        if np.count_nonzero(d) > math.log2(permutations)
    ]
    extreme = dict.fromkeys(many, 0)
    if many:
        observed = np.array([differences[place].sum() for place in many])
        chosen = [pairs[place] for place in many]
        counts = _count_extreme(matrix, chosen, observed, sides, permutations, seed, advance)
        extreme = dict(zip(many, counts.tolist(), strict=True))
    sampled = {place: (count + 1) / (permutations + 1) for place, count in extreme.items()}
    return [_result(d, sampled.get(place), sides) for place, d in enumerate(differences)]


def _result(differences: Floats, sampled: float | None, sides: Sides) -> TestResult:
    mean = float(differences.mean())
    p = _exact_p(differences[differences != 0], sides) if sampled is None else sampled
    return TestResult(p, mean, sign_of(mean), "exact" if sampled is None else "Monte Carlo")


def _exact_p(differences: Floats, sides: Sides) -> float:
    """Enumerate all sign patterns; the sum of a pattern is 2 (sum of the kept) - (sum of all)."""
    kept = np.zeros(1)
    for difference in differences:
        kept = np.concatenate([kept, kept + difference])
    total = float(differences.sum())
    slack = differences.size * np.finfo(np.float64).eps * float(np.abs(differences).sum())
    return in_unit(float(_is_extreme(2 * kept - total, total, slack, sides).mean()))


def _count_extreme(
    matrix: Floats,
    pairs: Pairs,
    observed: Floats,
    sides: Sides,
    permutations: int,
    seed: int,
    advance: Advance | None,
) -> Floats:
    """How many random patterns are at least as extreme, for each pair.

    A pair's flipped sum is the difference of its systems' flipped sums, so one product with the
    systems' values, (patterns x topics) @ (topics x systems), serves every pair.
    """
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    columns = np.ascontiguousarray(matrix.T)
    totals, sizes = matrix.sum(axis=1), np.abs(matrix).sum(axis=1)
    # The error bound of a sum of n terms: patterns nearer than that count as ties.
    slack = matrix.shape[1] * np.finfo(np.float64).eps * (sizes[first] + sizes[second])
    counts = np.zeros(len(pairs))
    row_bytes = 9 * matrix.shape[1] + 24 * len(pairs)
    for kept in _patterns(matrix.shape[1], row_bytes, permutations, seed):
        flipped = 2 * (kept @ columns) - totals
        sums = flipped[:, first] - flipped[:, second]
        counts += _is_extreme(sums, observed, slack, sides).sum(axis=0)
        if advance is not None:
            advance(kept.shape[0])
    return counts


def _patterns(topics: int, row_bytes: int, permutations: int, seed: int) -> Iterator[Floats]:
    """Random rows in blocks, 1 keeps a topic's sign, 0 flips it; block sizes change nothing."""
    stream = random_stream(seed)
    words = -(-topics // 64)
    for rows in block_rows(row_bytes, permutations):
        raw = stream.integers(0, 2**64, size=(rows, words), dtype=np.uint64)
        bits = np.unpackbits(raw.astype("<u8").view(np.uint8), axis=1, count=topics)
        yield bits.astype(np.float64)


def _is_extreme(
    sums: Floats, observed: float | Floats, slack: float | Floats, sides: Sides
) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    if sides == "two":
        return np.abs(sums) >= np.abs(observed) - slack
    return sums >= observed - slack if sides == "greater" else sums <= observed + slack
