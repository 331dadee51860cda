"""Power equals statsmodels', and its inversions invert it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special
from statsmodels.stats.power import TTestPower

from arir.compare.power import minimal_effect, noncentral_t, t_test_power, topics_needed
from arir.compare.significance import Sides
from arir.errors import EvaluationError

THEIRS: dict[Sides, str] = {"two": "two-sided", "greater": "larger", "less": "smaller"}


@pytest.mark.parametrize("sides", list(THEIRS))
@pytest.mark.parametrize(("effect", "topics"), [(0.1, 500), (0.3, 50), (-0.4, 30), (0.8, 5)])
def test_power_is_statsmodels(sides: Sides, effect: float, topics: int) -> None:
    theirs = TTestPower().power(effect, topics, 0.05, alternative=THEIRS[sides])
    assert t_test_power(effect, topics, 0.05, sides) == pytest.approx(theirs, rel=1e-6, abs=1e-9)


def test_topics_needed_are_statsmodels_rounded_up() -> None:
    exact = TTestPower().solve_power(effect_size=0.25, alpha=0.01, power=0.9)
    assert topics_needed(0.25, alpha=0.01, power=0.9) == math.ceil(float(exact))


@pytest.mark.parametrize("sides", list(THEIRS))
@pytest.mark.parametrize("topics", [2, 10, 50, 6980])
def test_the_minimal_effect_has_the_power_asked_for(sides: Sides, topics: int) -> None:
    effect = minimal_effect(topics, 0.01, 0.8, sides) * (-1 if sides == "less" else 1)
    assert t_test_power(effect, topics, 0.01, sides) == pytest.approx(0.8, abs=1e-6)


def test_one_topic_less_would_not_do() -> None:
    needed = topics_needed(0.31)
    assert needed is not None
    assert t_test_power(0.31, needed) >= 0.8 > t_test_power(0.31, needed - 1)


@pytest.mark.parametrize("effect", [0.0, -0.2, 1e-9])
def test_no_number_of_topics_finds_an_effect_that_is_not_there(effect: float) -> None:
    assert topics_needed(effect, sides="greater") is None


def test_power_without_an_effect_is_alpha() -> None:
    assert t_test_power(0.0, 20, 0.05) == pytest.approx(0.05)


def test_power_is_undefined_for_one_topic_and_odd_levels() -> None:
    with pytest.raises(EvaluationError, match="undefined for 1 topic"):
        t_test_power(0.5, 1)
    with pytest.raises(EvaluationError, match="alpha must lie between 0 and 1"):
        t_test_power(0.5, 10, alpha=1.5)
    with pytest.raises(EvaluationError, match="power must lie between alpha"):
        minimal_effect(10, power=0.01)


def test_noncentral_t_is_a_distribution_where_scipy_gives_nan() -> None:
    """scipy's nctdtr is NaN at scattered points of the tails; one in a bisection ruins a bound."""
    missing = 0
    for degrees in (1, 9, 49, 6979):
        for centre in np.linspace(-60, 60, 25):
            spread = np.sqrt(1 + centre**2 / (2 * degrees))
            t = centre + np.linspace(-12, 12, 49) * spread
            missing += np.isnan(special.nctdtr(degrees, centre, t)).sum()
            values = [noncentral_t(point, degrees, centre) for point in t]
            assert np.isfinite(values).all()
            assert np.diff(values).min() > -1e-6
    assert missing > 0
