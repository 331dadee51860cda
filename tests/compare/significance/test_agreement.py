"""Where scipy has the same test, the numbers are the same."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy import stats

from arir.compare.significance import (
    bootstrap_tests,
    mean_interval,
    paired_differences,
    randomisation_tests,
    sign_test,
    t_test,
    tukey_hsd,
    wilcoxon_test,
)
from tests.compare.data import systems

ALTERNATIVE = {"two": "two-sided", "greater": "greater", "less": "less"}
SIDES = list(ALTERNATIVE)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize("seed", range(5))
def test_t_test_is_scipys(sides: str, seed: int) -> None:
    x, y = systems(2, 60, seed)
    ours = t_test(x, y, sides)
    theirs = stats.ttest_rel(x, y, alternative=ALTERNATIVE[sides])
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    assert ours.statistic == pytest.approx(theirs.statistic, rel=1e-9)


def test_t_interval_is_scipys() -> None:
    x, y = systems(2, 60)
    theirs = stats.ttest_rel(x, y).confidence_interval(0.9)
    assert mean_interval(paired_differences(x, y), 0.9) == pytest.approx(tuple(theirs), rel=1e-9)


@pytest.mark.parametrize("sides", SIDES)
@pytest.mark.parametrize(("topics", "decimals"), [(12, 1), (13, 9), (50, 9), (200, 1), (200, 9)])
def test_wilcoxon_is_scipys(sides: str, topics: int, decimals: int) -> None:
    """Exact without ties up to 50, by enumeration with ties up to 13, approximate beyond."""
    rng = np.random.default_rng(topics + decimals)
    d = rng.normal(0.1, 0.4, topics).round(decimals)
    d = d[d != 0]  # scipy leaves its exact method for a single zero
    ours = wilcoxon_test(d, np.zeros_like(d), sides)
    theirs = stats.wilcoxon(d, alternative=ALTERNATIVE[sides], method="auto")
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-9)
    other = d.size * (d.size + 1) / 2 - ours.statistic
    smaller = min(ours.statistic, other) if sides == "two" else ours.statistic
    assert theirs.statistic == pytest.approx(smaller)


def test_wilcoxon_drops_zeros_as_scipy_does() -> None:
    x, y = systems(2, 300, 4)
    theirs = stats.wilcoxon(x.round(1), y.round(1), zero_method="wilcox", method="approx")
    d = paired_differences(x, y)
    assert (d == 0).any()
    assert wilcoxon_test(x, y).p == pytest.approx(stats.wilcoxon(d[d != 0]).pvalue, rel=1e-9)
    # scipy ranks 0.3 - 0.2 and 0.2 - 0.1 apart, so the raw values agree only roughly.
    assert wilcoxon_test(x, y).p == pytest.approx(theirs.pvalue, rel=0.1)


def test_wilcoxon_with_ties_is_exact_where_scipy_approximates() -> None:
    rng = np.random.default_rng(2)
    d = rng.choice([-0.2, -0.1, 0.1, 0.2, 0.3], 20)
    ranks = stats.rankdata(np.abs(d))
    signs = (np.arange(2**20)[:, None] >> np.arange(20)) & 1
    sums = signs @ ranks
    share = min((sums >= ranks[d > 0].sum()).mean(), (sums <= ranks[d > 0].sum()).mean())
    assert wilcoxon_test(d, np.zeros(20)).p == pytest.approx(2 * share, rel=1e-12)


@pytest.mark.parametrize("sides", SIDES)
def test_sign_test_is_scipys_binomial_test(sides: str) -> None:
    x, y = systems(2, 80, 3)
    d = paired_differences(x, y)
    wins, n = int((d > 0).sum()), int((d != 0).sum())
    theirs = stats.binomtest(wins, n, alternative=ALTERNATIVE[sides])
    assert sign_test(x, y, sides).p == pytest.approx(theirs.pvalue, rel=1e-9)


@pytest.mark.parametrize("sides", SIDES)
def test_exact_randomisation_is_scipys(sides: str) -> None:
    x, y = systems(2, 11, 8)
    [ours] = randomisation_tests([x, y], [(0, 1)], sides=sides)
    theirs = stats.permutation_test(
        (x, y),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        n_resamples=np.inf,
        alternative=ALTERNATIVE[sides],
    )
    assert ours.method == "exact"
    assert ours.p == pytest.approx(theirs.pvalue, rel=1e-12)


@pytest.mark.parametrize("sides", SIDES)
def test_monte_carlo_randomisation_nears_scipys(sides: str) -> None:
    x, y = systems(2, 90, 6)
    [ours] = randomisation_tests([x, y], [(0, 1)], sides=sides, permutations=20_000)
    theirs = stats.permutation_test(
        (x, y),
        lambda a, b, axis: np.mean(a - b, axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=20_000,
        alternative=ALTERNATIVE[sides],
        rng=np.random.default_rng(0),
        batch=2000,
    )
    assert ours.method == "Monte Carlo"
    margin = 5 * np.sqrt(ours.p * (1 - ours.p) / 10_000)
    assert ours.p == pytest.approx(theirs.pvalue, abs=margin)


def test_monte_carlo_agrees_with_the_exact_share() -> None:
    """The same pair, sampled because 2^14 patterns exceed B, and enumerated."""
    x, y = np.random.default_rng(1).normal(size=(2, 14))
    [exact] = randomisation_tests([x, y], [(0, 1)], permutations=2**14)
    [sampled] = randomisation_tests([x, y], [(0, 1)], permutations=2**14 - 1)
    assert (exact.method, sampled.method) == ("exact", "Monte Carlo")
    assert sampled.p == pytest.approx(exact.p, abs=5 * np.sqrt(exact.p / 2**14))


def test_bca_interval_nears_scipys() -> None:
    rng = np.random.default_rng(5)
    x, y = rng.beta(0.5, 2, (2, 60))
    x += 0.1
    [ours] = bootstrap_tests([x, y], [(0, 1)], samples=20_000)
    theirs = stats.bootstrap(
        (x - y,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.interval == pytest.approx(tuple(theirs), abs=0.004)


def test_bootstrap_test_nears_the_t_test_on_normal_differences() -> None:
    x = np.random.default_rng(2).normal(0.1, 0.4, 200)
    [ours] = bootstrap_tests([x, np.zeros(200)], [(0, 1)], samples=20_000)
    assert ours.p == pytest.approx(t_test(x, np.zeros(200)).p, abs=0.004)


def test_tukey_of_two_systems_is_the_randomisation_test() -> None:
    x, y = systems(2, 40, 7)
    [pair] = randomisation_tests([x, y], [(0, 1)], permutations=20_000)
    hsd = tukey_hsd([x, y], permutations=20_000)
    assert hsd.p[0, 1] == pytest.approx(pair.p, abs=0.02)


def test_tukey_nears_the_studentised_range_of_a_two_way_layout() -> None:
    """With normal values the randomised HSD is Tukey's own, on the two-way residuals."""
    rng = np.random.default_rng(9)
    topics, count = 100, 4
    values = rng.normal(0, 1, topics) + rng.normal(0, 1, (count, topics))
    values[0] += 0.35
    hsd = tukey_hsd(values, permutations=4000)
    means = values.mean(axis=1)
    residual = values - means[:, None] - values.mean(axis=0) + values.mean()
    degrees = (topics - 1) * (count - 1)
    error = np.sqrt((residual**2).sum() / degrees / topics)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # scipy's own quadrature
        for j in range(1, count):
            theirs = stats.studentized_range.sf(abs(means[0] - means[j]) / error, count, degrees)
            assert hsd.p[0, j] == pytest.approx(theirs, abs=0.03)
