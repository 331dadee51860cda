"""Effect sizes of paired differences, each with its confidence interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from scipy import special

from arir.compare.power import noncentral_t, root
from arir.compare.significance.common import (
    Estimate,
    Floats,
    checked_values,
    is_constant,
    paired_differences,
    rounded,
)
from arir.compare.significance.parametric import standard_error

__all__ = ["WinTieLoss", "cliffs_delta", "hedges_g", "paired_d", "win_tie_loss"]


class WinTieLoss(NamedTuple):
    """On how many topics the first system is better, equal and worse."""

    wins: int
    ties: int
    losses: int


def win_tie_loss(first: object, second: object) -> WinTieLoss:
    """Count topics; values that agree to 12 decimals are ties.

    >>> win_tie_loss([0.3, 0.5, 0.1], [0.2, 0.5, 0.4])
    WinTieLoss(wins=1, ties=1, losses=1)
    """
    differences = paired_differences(first, second)
    wins, losses = int((differences > 0).sum()), int((differences < 0).sum())
    return WinTieLoss(wins, differences.size - wins - losses, losses)


def paired_d(first: object, second: object, confidence: float = 0.95) -> Estimate:
    """The standardised mean difference of paired samples, d_z = mean(d) / s(d).

    Source: Cohen (1988), section 2.3.5. The interval inverts the noncentral t distribution of
    t = d_z sqrt(n) (Cumming and Finch 2001). All differences 0 give 0 without an interval; one
    topic, or equal differences other than 0, leave it undefined.

    Raises:
        EvaluationError: for unequal lengths, no topic, or values that are not finite.

    >>> effect = paired_d([0.5, 0.6, 0.9, 0.4], [0.4, 0.4, 0.6, 0.4])
    >>> f"{effect.value:.3f} {effect.interval[0]:.3f} {effect.interval[1]:.3f}"
    '1.162 -0.201 2.438'
    """
    differences = paired_differences(first, second)
    if is_constant(differences):
        return Estimate(None if differences[0] else 0.0, None)
    size = math.sqrt(differences.size)
    t = float(differences.mean()) / standard_error(differences)
    tails = ((1 + confidence) / 2, (1 - confidence) / 2)
    low, high = (_noncentrality(t, differences.size - 1, tail) / size for tail in tails)
    return Estimate(t / size, (low, high))


def _noncentrality(t: float, degrees: int, below: float) -> float:
    """The noncentrality under which a share ``below`` of the distribution lies below ``t``."""
    # The estimate's error is about sqrt(1 + t^2 / 2 df), so these bounds hold the answer amply.
    reach = 10 * math.sqrt(1 + t * t / (2 * degrees))
    return root(lambda centre: noncentral_t(t, degrees, centre) - below, t - reach, t + reach)


def hedges_g(first: object, second: object, confidence: float = 0.95) -> Estimate:
    """The paired d without its bias in small samples, g = J(n - 1) d_z.

    J(m) = Gamma(m / 2) / (sqrt(m / 2) Gamma((m - 1) / 2)), Hedges (1981), equation 6e; the interval
    is that of d_z times J. Undefined where d_z is, and for two topics, where J is not finite.

    >>> f"{hedges_g([0.5, 0.6, 0.9, 0.4], [0.4, 0.4, 0.6, 0.4]).value:.4f}"
    '0.8407'
    """
    effect = paired_d(first, second, confidence)
    degrees = np.asarray(first).size - 1
    if effect.value is None or effect.interval is None:
        return effect
    if degrees < 2:
        return Estimate(None, None)
    factor = math.exp(math.lgamma(degrees / 2) - math.lgamma((degrees - 1) / 2))
    factor /= math.sqrt(degrees / 2)
    low, high = effect.interval
    return Estimate(factor * effect.value, (factor * low, factor * high))


def cliffs_delta(first: object, second: object, confidence: float = 0.95) -> Estimate:
    """Cliff's delta, P(x > y) - P(x < y) over all n^2 combinations of two systems' topics.

    Source: Cliff (1993). Its variance here keeps the pairing: topic i moves delta by
    mean_j sgn(x_i - y_j) + mean_j sgn(x_j - y_i), and the variance of the mean of these n amounts
    is that of delta (Hoeffding projection). The interval is Cliff's (1996) asymmetric one, which
    stays within [-1, 1]; one topic has none.

    Raises:
        EvaluationError: for unequal lengths, no topic, or values that are not finite.

    >>> cliffs_delta([3, 4, 5], [1, 2, 3]).value.__round__(4)
    0.8889
    """
    paired_differences(first, second)  # for its checks
    x, y = rounded(checked_values(np.stack([np.asarray(first), np.asarray(second)])))
    moves = _dominance(x, y) - _dominance(y, x)
    delta = float(moves.mean()) / 2
    if x.size < 2:
        return Estimate(delta, None)
    error = float(np.std(moves, ddof=1)) / math.sqrt(x.size)
    z = float(special.ndtri((1 + confidence) / 2))
    return Estimate(delta, _asymmetric(delta, error, z, x.size))


def _dominance(x: Floats, y: Floats) -> Floats:
    """mean_j sgn(x_i - y_j) for every i; shape (n,)."""
    ordered = np.sort(y)
    below, upto = np.searchsorted(ordered, x, "left"), np.searchsorted(ordered, x, "right")
    return (below + upto - y.size) / y.size


def _asymmetric(delta: float, error: float, z: float, topics: int) -> tuple[float, float]:
    """Cliff (1996), equation 5.18; complete separation has its own bound there."""
    if abs(delta) == 1:
        bound = max(-1.0, (topics - z * z) / (topics + z * z))
        return (bound, 1.0) if delta > 0 else (-1.0, -bound)
    half = z * error * math.sqrt((1 - delta**2) ** 2 + (z * error) ** 2)
    middle, scale = delta - delta**3, 1 - delta**2 + (z * error) ** 2
    return max(-1.0, (middle - half) / scale), min(1.0, (middle + half) / scale)
