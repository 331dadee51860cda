"""Numbers as the page's data holds them: rounded to what is shown, undefined ones as null."""

from __future__ import annotations

import math
from collections.abc import Iterable

from arir.compare.significance import Estimate

__all__ = ["estimate", "number", "numbers", "significant_digits"]

DIGITS = 4


def number(value: float | None) -> float | None:
    """Round to four decimals; whole numbers lose their ``.0``, which adds up over many topics.

    >>> number(0.123456), number(1.0), number(float("nan"))
    (0.1235, 1, None)
    """
    if value is None or not math.isfinite(value):
        return None
    rounded = round(value, DIGITS)
    return int(rounded) if rounded == int(rounded) else rounded


def numbers(values: Iterable[float]) -> list[float | None]:
    """Several at once."""
    return [number(value) for value in values]


def estimate(one: Estimate) -> list[float | None]:
    """Value, lower and upper bound."""
    low, high = one.interval or (None, None)
    return [number(one.value), number(low), number(high)]


def significant_digits(value: float, digits: int = 6) -> float:
    """Round to a number of significant digits, for p-values and scores of any size.

    >>> significant_digits(0.000123456, 4)
    0.0001235
    """
    return float(f"{value:.{digits}g}")
