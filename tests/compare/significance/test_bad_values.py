"""Values that no test can use are refused with a word on what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from arir.compare.significance import (
    equivalence_test,
    mean_interval,
    paired_differences,
    randomisation_tests,
    t_test,
)
from arir.errors import EvaluationError


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_named(bad: float) -> None:
    with pytest.raises(EvaluationError, match=r"system 0 has the value (nan|inf) on topic 1"):
        t_test([0.1, bad], [0.2, 0.3])
    with pytest.raises(EvaluationError, match="system 1 has the value"):
        randomisation_tests([[0.1, 0.2], [0.2, bad]], [(0, 1)])


def test_unequal_lengths_are_refused_not_cut() -> None:
    with pytest.raises(EvaluationError, match="one value a topic"):
        t_test([0.1, 0.2, 0.3], [0.1, 0.2])


def test_no_topics_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no topic to compare"):
        t_test([], [])


def test_a_margin_must_be_positive() -> None:
    with pytest.raises(EvaluationError, match="must be positive, not 0"):
        equivalence_test([0.1, 0.2], [0.1, 0.3], 0.0)


def test_intervals_without_variance_are_none_not_nan() -> None:
    assert mean_interval(np.array([0.1])) is None
    assert mean_interval(np.array([0.1, 0.1])) is None


def test_a_p_value_that_underflows_is_not_zero() -> None:
    d = np.random.default_rng(0).normal(5, 0.1, 5000)
    assert 0 < t_test(d, np.zeros(5000)).p < 1e-300


def test_large_and_tiny_scales_keep_their_differences() -> None:
    """Rounding is relative to the largest value: scaling all values changes no decision."""
    x, y = np.random.default_rng(1).random((2, 30))
    for scale in (1e-200, 1e200):
        assert np.allclose(paired_differences(x * scale, y * scale) / scale, x - y, rtol=1e-9)
