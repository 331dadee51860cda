"""Effect sizes equal their definitions written out, and undefined ones are said to be so."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import brentq

from arir.compare.effect_sizes import cliffs_delta, hedges_g, paired_d, win_tie_loss
from arir.compare.significance import Estimate
from tests.compare.data import systems


def test_paired_d_is_mean_over_standard_deviation() -> None:
    x, y = systems(2, 50)
    d = x - y
    assert paired_d(x, y).value == pytest.approx(d.mean() / d.std(ddof=1))


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.6])
def test_interval_of_d_inverts_the_noncentral_t(shift: float) -> None:
    x, y = systems(2, 40, 3)
    x = x + shift
    t = stats.ttest_rel(x, y).statistic
    low, high = (
        brentq(lambda nc, q=q: stats.nct.cdf(t, 39, nc) - q, t - 6, t + 6) / np.sqrt(40)
        for q in (0.975, 0.025)
    )
    assert paired_d(x, y).interval == pytest.approx((low, high), rel=1e-6)


def test_interval_of_d_on_many_topics_is_the_normal_one() -> None:
    x, y = systems(2, 6980, 4)
    effect = paired_d(x + 0.1, y)
    half = 1.959964 * np.sqrt(1 / 6980 + effect.value**2 / (2 * 6980))
    assert effect.interval == pytest.approx((effect.value - half, effect.value + half), abs=1e-4)


def test_hedges_g_shrinks_d_by_the_gamma_factor() -> None:
    x, y = systems(2, 10, 1)
    assert hedges_g(x, y).value == pytest.approx(paired_d(x, y).value * (1 - 3 / 35), rel=1e-3)


def test_cliffs_delta_is_the_mean_dominance() -> None:
    x, y = systems(2, 40, 2)
    assert cliffs_delta(x, y).value == pytest.approx(np.sign(x[:, None] - y[None, :]).mean())


def test_cliffs_delta_is_the_mann_whitney_statistic() -> None:
    x, y = np.random.default_rng(0).random((2, 30))
    u = stats.mannwhitneyu(x, y).statistic
    assert cliffs_delta(x, y).value == pytest.approx(2 * u / 900 - 1)


def test_complete_separation_keeps_an_interval_below_one() -> None:
    effect = cliffs_delta(np.arange(10) + 100.0, np.arange(10))
    low, high = effect.interval
    assert effect.value == 1
    assert 0 < low < high == 1


def test_undefined_effects_are_none_and_never_nan() -> None:
    assert paired_d([0.5, 0.6], [0.4, 0.5]) == Estimate(None)
    assert paired_d([0.5], [0.4]) == Estimate(None)
    assert paired_d([0.5, 0.2], [0.5, 0.2]) == Estimate(0.0)
    assert hedges_g([0.5, 0.9], [0.4, 0.5]) == Estimate(None)
    assert cliffs_delta([0.5], [0.4]) == Estimate(1.0)


def test_rounding_noise_is_a_tie() -> None:
    assert win_tie_loss([0.1 + 0.2], [0.3]) == (0, 1, 0)
    assert cliffs_delta([0.1 + 0.2, 0.3], [0.3, 0.1 + 0.2]).value == 0
