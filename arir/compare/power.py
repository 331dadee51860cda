"""What a topic set can detect: power of the paired t-test, and its two inversions."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy import special

from arir.compare.significance.common import Sides
from arir.errors import EvaluationError

__all__ = ["minimal_effect", "noncentral_t", "root", "t_test_power", "topics_needed"]

#: more topics than this are never recommended, but said to be out of reach
MOST_TOPICS = 10**9
QUADRATURE_NODES = 4096


def t_test_power(effect: float, topics: int, alpha: float = 0.05, sides: Sides = "two") -> float:
    """The chance that a paired t-test at ``alpha`` finds a true effect.

    t follows a noncentral t distribution with n - 1 degrees of freedom and noncentrality
    effect sqrt(n). The effect is standardised, d_z = mean(d) / s(d). Source: Cohen (1988), section
    2; Sakai (2018), "Laboratory Experiments in Information Retrieval", chapter 6.

    Raises:
        EvaluationError: for fewer than two topics or an ``alpha`` outside (0, 1).

    >>> round(t_test_power(0.3, 50), 4)
    0.5477
    """
    if topics < 2:
        raise EvaluationError(f"power is undefined for {topics} topic(s)", fix="use at least two")
    if not 0 < alpha < 1:
        raise EvaluationError(f"alpha must lie between 0 and 1, not {alpha}")
    degrees, centre = topics - 1, effect * math.sqrt(topics)
    if sides == "less":
        centre = -centre
    critical = float(special.stdtrit(degrees, 1 - alpha / (2 if sides == "two" else 1)))
    # Reflected, P(T > c; nc) = P(T < -c; -nc): no small tail is lost in a subtraction from 1.
    power = noncentral_t(-critical, degrees, -centre)
    if sides == "two":
        power += noncentral_t(-critical, degrees, centre)
    return min(1.0, max(0.0, power))


def noncentral_t(t: float, degrees: float, centre: float) -> float:
    """P(T <= t) of the noncentral t distribution, also where scipy's series gives NaN.

    That happens far out in a tail. There T <= t is averaged over equally likely values of the
    standard deviation S, since P(T <= t | S) = Phi(t S - centre); good to six decimals.

    >>> round(noncentral_t(2.0, 10, 1.0), 6), noncentral_t(-2.0, 9, 10.0) < 1e-20
    (0.807612, True)
    """
    exact = float(special.nctdtr(degrees, centre, t))
    if not math.isnan(exact):
        return exact
    shares = (np.arange(QUADRATURE_NODES) + 0.5) / QUADRATURE_NODES
    deviations = np.sqrt(2 / degrees * special.gammaincinv(degrees / 2, shares))
    return float(special.ndtr(t * deviations - centre).mean())


def minimal_effect(
    topics: int, alpha: float = 0.05, power: float = 0.8, sides: Sides = "two"
) -> float:
    """The smallest standardised effect that is found with the given power, as a positive number.

    Times the standard deviation of the differences it is the minimal detectable difference.

    Raises:
        EvaluationError: for fewer than two topics, or ``alpha`` or ``power`` out of range.

    >>> round(minimal_effect(50), 4)
    0.4042
    """
    _check_power(power, alpha)
    direction: Sides = "two" if sides == "two" else "greater"
    high = 1.0
    while t_test_power(high, topics, alpha, direction) < power:
        high *= 2
    return root(lambda effect: t_test_power(effect, topics, alpha, direction) - power, 0.0, high)


def topics_needed(
    effect: float, alpha: float = 0.05, power: float = 0.8, sides: Sides = "two"
) -> int | None:
    """The fewest topics with which an effect of this standardised size is found.

    ``None`` where no number is enough: no effect, an effect against the alternative's direction, or
    one so small that a billion topics would not do.

    Raises:
        EvaluationError: for ``alpha`` or ``power`` out of range.

    >>> topics_needed(0.3), topics_needed(0.0)
    (90, None)
    """
    _check_power(power, alpha)
    if effect == 0 or (sides == "greater" and effect < 0) or (sides == "less" and effect > 0):
        return None
    few, many = 1, 2
    while t_test_power(effect, many, alpha, sides) < power:
        few, many = many, 2 * many
        if many > MOST_TOPICS:
            return None
    while many - few > 1:
        middle = (few + many) // 2
        enough = t_test_power(effect, middle, alpha, sides) >= power
        few, many = (few, middle) if enough else (middle, many)
    return many


def _check_power(power: float, alpha: float) -> None:
    if not 0 < alpha < power < 1:
        raise EvaluationError(f"power must lie between alpha ({alpha}) and 1, not {power}")


def root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a monotone function crosses 0 between two bounds, by bisection to the last bits.

    >>> round(root(lambda x: x * x - 2, 0.0, 2.0), 12)
    1.414213562373
    """
    rising = function(high) > function(low)
    for _ in range(200):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        low, high = (low, middle) if (function(middle) > 0) == rising else (middle, high)
    return (low + high) / 2
