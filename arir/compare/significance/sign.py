"""The sign test: how often one system wins, whatever the amount."""

from __future__ import annotations

from scipy import special

from arir.compare.significance.common import Sides, TestResult, in_unit, paired_differences, sign_of

__all__ = ["sign_test"]


def sign_test(first: object, second: object, sides: Sides = "two") -> TestResult:
    """The exact sign test: wins among the topics that are no ties follow Binomial(n, 1/2).

    Source: Dixon and Mood (1946). Ties are dropped; two-sided ``p`` is twice the smaller tail.
    ``p`` is 1 where every topic is a tie. The statistic is the number of wins.

    Raises:
        EvaluationError: for unequal lengths, no topic, or values that are not finite.

    >>> sign_test([1, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0])
    TestResult(p=0.0625, statistic=5.0, direction=1, method='exact')
    """
    differences = paired_differences(first, second)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    if sides == "two":
        p = 2 * _upper_tail(max(wins, losses), wins + losses)
    else:
        p = _upper_tail(wins if sides == "greater" else losses, wins + losses)
    return TestResult(in_unit(p), float(wins), sign_of(wins - losses), "exact")


def _upper_tail(successes: int, trials: int) -> float:
    """P(X >= successes) for X ~ Binomial(trials, 1/2), by the incomplete beta function."""
    if successes == 0:
        return 1.0
    return float(special.betainc(successes, trials - successes + 1, 0.5))
