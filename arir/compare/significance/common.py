"""What the tests share: differences free of rounding noise, p-values in (0, 1], random streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arir.errors import EvaluationError

__all__ = [
    "Advance",
    "Estimate",
    "Floats",
    "Interval",
    "Pairs",
    "Sides",
    "TestResult",
    "block_rows",
    "checked_values",
    "flip_all_p",
    "in_unit",
    "is_constant",
    "paired_differences",
    "random_stream",
    "rounded",
    "sign_of",
]

Floats = NDArray[np.float64]
#: row numbers of the systems to compare, shape (P, 2) or a list of two-tuples
Pairs = list[tuple[int, int]]
#: the alternative: the first system differs from the second, is better, or is worse
Sides = Literal["two", "greater", "less"]
#: the bounds of a confidence interval; ``None`` where it is undefined
Interval = tuple[float, float] | None
#: called with the number of resamples that were just finished
Advance = Callable[[int], object]

#: values that agree to this many decimals of the largest one are the same value
DECIMALS = 12
SMALLEST_P = float(np.finfo(np.float64).tiny)
#: bytes that a block of resamples may take
BLOCK_BYTES = 48 * 2**20


@dataclass(frozen=True)
class TestResult:
    """The outcome of one test.

    Attributes:
        p: in (0, 1].
        statistic: of the test (t, W+, the mean difference, the number of wins).
        direction: 1 where the test's statistic speaks for the first system, -1 for the second, 0
            for neither; rank and sign tests may disagree with the means here.
        method: how ``p`` came about: ``exact``, ``Monte Carlo``, ``asymptotic`` or ``Student's t``.
    """

    __test__ = False  # the name begins with Test, but this is no test case for pytest

    p: float
    statistic: float
    direction: int
    method: str


@dataclass(frozen=True)
class Estimate:
    """A value and its confidence interval; ``None`` where they are undefined."""

    value: float | None
    interval: Interval = None


def checked_values(values: object) -> Floats:
    """Per-topic values as float64 of shape (systems, topics).

    Raises:
        EvaluationError: where there is no topic, or a value is NaN or infinite.
    """
    array = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if array.ndim != 2 or array.shape[1] == 0:
        raise EvaluationError("there is no topic to compare on", fix="check that topic ids match")
    if not np.isfinite(array).all():
        row, topic = np.argwhere(~np.isfinite(array))[0]
        raise EvaluationError(
            f"system {row} has the value {array[row, topic]} on topic {topic} (counted from 0)",
            fix="only finite values can be compared",
        )
    return array


def rounded(values: Floats) -> Floats:
    """Round to 12 decimals of the largest value, so that equal amounts compare as equal.

    ``0.3 - 0.2`` and ``0.2 - 0.1`` differ in their last bit, which would break ties among ranks and
    between resamples. The scale is a power of two, so that scaling itself rounds nothing.

    >>> rounded(np.array([0.3 - 0.2, 0.2 - 0.1, 1.0])).tolist()
    [0.1, 0.1, 1.0]
    """
    _, exponent = np.frexp(np.abs(values).max(initial=0.0))
    scaled = np.ldexp(values, -int(exponent))
    result: Floats = np.ldexp(np.round(scaled, DECIMALS), int(exponent)) + 0.0  # no minus zero
    return result


def paired_differences(first: object, second: object) -> Floats:
    """Differences topic by topic, shape (topics,), free of rounding noise.

    Raises:
        EvaluationError: where the lengths differ, there is no topic, or a value is not finite.

    >>> paired_differences([0.3, 0.2, 0.5], [0.2, 0.1, 0.5]).tolist()
    [0.1, 0.1, 0.0]
    """
    one, other = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1:
        raise EvaluationError(
            f"a paired comparison needs one value a topic from both systems, not {one.shape} and "
            f"{other.shape}"
        )
    both = checked_values(np.stack([one, other]))
    scale = np.abs(both).max()
    # The scale of the values, not of their difference, bounds the rounding noise.
    return rounded(np.append(both[0] - both[1], scale))[:-1]


def is_constant(differences: Floats) -> bool:
    """Whether the differences have no variance: one topic, or the same difference on all."""
    return bool(np.ptp(differences) == 0)


def sign_of(value: float) -> int:
    """1, 0 or -1."""
    return int(np.sign(value))


def in_unit(p: float) -> float:
    """A p-value that rounding or underflow moved out of (0, 1], put back."""
    return min(1.0, max(SMALLEST_P, float(p)))


def flip_all_p(difference: float, topics: int, sides: Sides) -> float:
    """The exact sign-flip p-value where every topic has the same difference.

    All 2^n sign patterns are equally likely under the null, and only the observed one (and, two
    sided, its mirror image) is as extreme. This stands in where a test divides by a variance of 0.

    >>> flip_all_p(0.1, 5, "two"), flip_all_p(0.1, 5, "greater"), flip_all_p(0.1, 5, "less")
    (0.0625, 0.03125, 1.0)
    """
    if difference == 0:
        return 1.0
    if sides == "two":
        return in_unit(2.0 ** (1 - topics))
    return in_unit(2.0**-topics) if (difference > 0) == (sides == "greater") else 1.0


def random_stream(seed: int) -> np.random.Generator:
    """The stream (PCG64) that every resampling test draws from."""
    return np.random.Generator(np.random.PCG64(seed))


def block_rows(row_bytes: int, total: int) -> list[int]:
    """Sizes of the blocks in which ``total`` resamples are drawn, so that memory stays bounded.

    >>> block_rows(BLOCK_BYTES // 4, 10)
    [4, 4, 2]
    """
    rows = max(1, min(total, BLOCK_BYTES // max(1, row_bytes)))
    full, rest = divmod(total, rows)
    return [rows] * full + ([rest] if rest else [])
