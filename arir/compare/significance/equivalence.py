"""Equivalence by two one-sided tests (TOST)."""

from __future__ import annotations

from dataclasses import dataclass

from arir.compare.significance.common import Interval, flip_all_p, is_constant, paired_differences
from arir.compare.significance.parametric import mean_interval, standard_error, t_p
from arir.errors import EvaluationError

__all__ = ["EquivalenceResult", "equivalence_test"]


@dataclass(frozen=True)
class EquivalenceResult:
    """The outcome of a TOST: equivalent within ``margin`` where ``p`` is at most alpha.

    Attributes:
        p: the larger of the two one-sided p-values, in (0, 1].
        p_lower: of H0 "the mean difference is at most -margin".
        p_upper: of H0 "the mean difference is at least margin".
        interval: of the mean difference at confidence 1 - 2 alpha; it lies within the margins
            exactly where p is smaller than alpha. ``None`` without variance.
    """

    p: float
    p_lower: float
    p_upper: float
    margin: float
    interval: Interval


def equivalence_test(
    first: object, second: object, margin: float, alpha: float = 0.05
) -> EquivalenceResult:
    """Two one-sided paired t-tests against the margins.

    Source: Schuirmann (1987). A difference that is not significant is no evidence of equivalence;
    this is. Without variance (one topic, equal differences) the t-tests give way to exact sign-flip
    tests of d + margin and d - margin, so that n identical topics give 2^-n and never 0.

    Raises:
        EvaluationError: where ``margin`` is not positive, and as for every paired test.

    >>> equivalence_test([0.50, 0.52, 0.48, 0.51], [0.50, 0.50, 0.50, 0.50], 0.05).p < 0.05
    True
    """
    if not margin > 0:
        raise EvaluationError(f"an equivalence margin must be positive, not {margin}")
    differences = paired_differences(first, second)
    mean, topics = float(differences.mean()), differences.size
    if is_constant(differences):
        lower = flip_all_p(mean + margin, topics, "greater")
        upper = flip_all_p(mean - margin, topics, "less")
    else:
        error = standard_error(differences)
        lower = t_p((mean + margin) / error, topics - 1, "greater")
        upper = t_p((mean - margin) / error, topics - 1, "less")
    interval = mean_interval(differences, 1 - 2 * alpha)
    return EquivalenceResult(max(lower, upper), lower, upper, margin, interval)
