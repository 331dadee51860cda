"""The tests do what they promise: false alarms at alpha, detection at the computed power."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from arir.compare.effect_sizes import cliffs_delta, paired_d
from arir.compare.power import t_test_power
from arir.compare.significance import (
    bootstrap_tests,
    equivalence_test,
    mean_interval,
    randomisation_tests,
    sign_test,
    t_test,
    tukey_hsd,
    wilcoxon_test,
)
from tests.compare.data import consecutive, null_pairs

REPETITIONS, TOPICS, ALPHA = 2000, 30, 0.05
Values = NDArray[np.float64]


def _each(test: Callable[..., object]) -> Callable[[Values], list[float]]:
    return lambda values: [
        test(values[a], values[b]).p  # type: ignore[attr-defined]
        for a, b in consecutive(len(values) // 2)
    ]


TESTS: dict[str, Callable[[Values], list[float]]] = {
    "t": _each(t_test),
    "wilcoxon": _each(wilcoxon_test),
    "randomisation": lambda values: [
        result.p
        for result in randomisation_tests(values, consecutive(len(values) // 2), permutations=4999)
    ],
    "bootstrap": lambda values: [
        result.p for result in bootstrap_tests(values, consecutive(len(values) // 2), samples=1999)
    ],
}


def within(count: int, trials: int, rate: float) -> bool:
    """Whether the count lies in the central 99.9 % of Binomial(trials, rate)."""
    low, high = stats.binom.interval(0.999, trials, rate)
    return bool(low <= count <= high)


@pytest.mark.parametrize("name", list(TESTS))
def test_type_one_error_is_alpha(name: str) -> None:
    p = np.array(TESTS[name](null_pairs(REPETITIONS, TOPICS, seed=11)))
    assert within(int((p <= ALPHA).sum()), REPETITIONS, ALPHA)


@pytest.mark.parametrize("name", ["t", "wilcoxon", "randomisation"])
def test_p_values_are_uniform_under_the_null(name: str) -> None:
    p = TESTS[name](null_pairs(REPETITIONS, TOPICS, seed=12))
    assert stats.kstest(p, "uniform").pvalue > 0.001


def test_sign_test_never_exceeds_alpha() -> None:
    """Its p-values are few, so its level lies below alpha: exactly 0.0428 with 30 topics."""
    p = np.array(_each(sign_test)(null_pairs(REPETITIONS, TOPICS, seed=13)))
    exact = 2 * stats.binom.cdf(9, 30, 0.5)
    assert exact <= ALPHA
    assert within(int((p <= ALPHA).sum()), REPETITIONS, exact)


def test_monte_carlo_p_is_valid_for_few_patterns() -> None:
    """b / B without the ones would reject a true null too often; with B = 19 that shows."""
    values = null_pairs(REPETITIONS, TOPICS, seed=14)
    rejected = 0
    for place, pair in enumerate(consecutive(REPETITIONS)):
        [result] = randomisation_tests(values[list(pair)], [(0, 1)], permutations=19, seed=place)
        rejected += result.p <= ALPHA
    assert within(rejected, REPETITIONS, ALPHA)


@pytest.mark.parametrize("name", ["t", "randomisation"])
def test_power_under_a_known_effect_is_the_computed_power(name: str) -> None:
    rng = np.random.default_rng(15)
    values = np.zeros((2 * REPETITIONS, TOPICS))
    values[::2] = rng.normal(0.5, 1.0, (REPETITIONS, TOPICS))
    p = np.array(TESTS[name](values))
    assert within(int((p <= ALPHA).sum()), REPETITIONS, t_test_power(0.5, TOPICS, ALPHA))


def test_tukey_controls_the_chance_of_any_false_rejection() -> None:
    rng = np.random.default_rng(16)
    any_rejected = 0
    for _ in range(600):
        values = rng.beta(0.6, 1, 20) + rng.normal(0, 0.2, (4, 20))
        any_rejected += tukey_hsd(values, permutations=199).p.min() <= ALPHA
    assert within(any_rejected, 600, ALPHA)


def test_equivalence_at_the_margin_is_declared_at_alpha() -> None:
    rng = np.random.default_rng(17)
    sample = rng.normal(0.1, 0.1, (REPETITIONS, 50))
    zero = np.zeros(50)
    declared = sum(equivalence_test(d, zero, 0.1).p <= ALPHA for d in sample)
    assert within(declared, REPETITIONS, ALPHA)


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(18)
    sample = rng.normal(0.3, 1.0, (REPETITIONS, TOPICS))
    zero = np.zeros(TOPICS)
    mean = [mean_interval(d) for d in sample]
    effect = [paired_d(d, zero).interval for d in sample]
    for intervals in (mean, effect):
        covered = sum(low <= 0.3 <= high for low, high in intervals)
        assert within(covered, REPETITIONS, 0.95)


def test_bca_interval_covers_the_mean_of_skewed_differences() -> None:
    """Nominal 95 %; with 50 skewed differences some points are lost, as the theory says."""
    rng = np.random.default_rng(19)
    values = np.zeros((1000, 50))
    values[::2] = rng.exponential(1.0, (500, 50)) - 1.0
    results = bootstrap_tests(values, consecutive(500), samples=1000)
    covered = sum(r.interval[0] <= 0 <= r.interval[1] for r in results)
    assert 0.90 <= covered / 500 <= 0.97


def test_cliffs_delta_interval_covers_delta_of_paired_samples() -> None:
    """Topics that both systems share must narrow the interval, not break it."""
    rng = np.random.default_rng(20)
    truth = 2 * stats.norm.cdf(0.5 / np.sqrt(2)) - 1
    covered = 0
    for _ in range(REPETITIONS):
        x, y = rng.multivariate_normal([0.5, 0], [[1, 0.7], [0.7, 1]], 40).T
        low, high = cliffs_delta(x, y).interval
        covered += low <= truth <= high
    assert 0.93 <= covered / REPETITIONS <= 0.97
