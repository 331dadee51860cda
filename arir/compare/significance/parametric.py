"""Student's paired t-test and the confidence interval of a mean difference."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from arir.compare.significance.common import (
    Floats,
    Interval,
    Sides,
    TestResult,
    flip_all_p,
    in_unit,
    is_constant,
    paired_differences,
    sign_of,
)

__all__ = ["mean_interval", "standard_error", "t_p", "t_test"]


def t_test(first: object, second: object, sides: Sides = "two") -> TestResult:
    """Student's paired t-test: t = mean(d) / (s(d) / sqrt(n)), n - 1 degrees of freedom.

    Source: Student (1908), "The probable error of a mean"; for retrieval measures Hull (1993) and
    Urbano, Lima and Hanjalic (SIGIR 2019).

    Without variance (one topic, or the same difference on every topic) t is undefined, and ``p`` is
    that of the exact sign-flip test; ``p`` is 1 where all differences are 0. A ``p`` too small for
    a double is the smallest normal one.

    Raises:
        EvaluationError: for unequal lengths, no topic, or values that are not finite.

    >>> result = t_test([0.5, 0.6, 0.9, 0.4], [0.4, 0.4, 0.6, 0.4])
    >>> f"{result.statistic:.4f} {result.p:.4f}"
    '2.3238 0.1027'
    """
    differences = paired_differences(first, second)
    mean, topics = float(differences.mean()), differences.size
    if is_constant(differences):
        return TestResult(flip_all_p(mean, topics, sides), mean, sign_of(mean), "exact")
    t = mean / standard_error(differences)
    return TestResult(t_p(t, topics - 1, sides), t, sign_of(t), "Student's t")


def standard_error(differences: Floats) -> float:
    """The standard error of the mean, s / sqrt(n), with n - 1 in the variance; n > 1."""
    return float(np.std(differences, ddof=1)) / math.sqrt(differences.size)


def t_p(t: float, degrees: float, sides: Sides) -> float:
    """The p-value of a t statistic, in (0, 1].

    >>> round(t_p(2.0, 10, "two"), 6), round(t_p(2.0, 10, "less"), 6)
    (0.073388, 0.963306)
    """
    if sides == "two":
        return in_unit(2 * float(special.stdtr(degrees, -abs(t))))
    return in_unit(float(special.stdtr(degrees, -t if sides == "greater" else t)))


def mean_interval(differences: Floats, confidence: float = 0.95) -> Interval:
    """The two-sided t interval of the mean; ``None`` for one topic or no variance.

    >>> low, high = mean_interval(np.array([0.1, 0.2, 0.3, 0.0]))
    >>> f"{low:.4f} {high:.4f}"
    '-0.0554 0.3554'
    """
    if is_constant(differences):
        return None
    quantile = float(special.stdtrit(differences.size - 1, (1 + confidence) / 2))
    mean, half = float(differences.mean()), quantile * standard_error(differences)
    return mean - half, mean + half
