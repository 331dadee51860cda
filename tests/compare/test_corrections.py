"""Corrections equal statsmodels' and keep their promises."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from arir.compare.corrections import Correction, corrected
from arir.errors import EvaluationError

THEIRS: dict[Correction, str] = {"holm": "holm", "bonferroni": "bonferroni", "bh": "fdr_bh"}
METHODS: list[Correction] = [*THEIRS, "none"]
p_values = st.lists(st.floats(1e-300, 1), min_size=1, max_size=40)


@pytest.mark.parametrize("method", list(THEIRS))
@given(p=p_values)
def test_adjusted_values_are_statsmodels(method: Correction, p: list[float]) -> None:
    with patch("gc.collect"):  # statsmodels collects garbage in each call, slowly
        theirs = multipletests(p, method=THEIRS[method])[1]
    assert corrected(p, method) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("method", METHODS)
@given(p=p_values)
def test_adjusted_values_keep_the_order_and_the_bounds(method: Correction, p: list[float]) -> None:
    adjusted = corrected(p, method)
    order = np.argsort(p)
    assert (np.diff(adjusted[order]) >= 0).all()
    assert (adjusted >= np.array(p) * (1 - 1e-15)).all()
    assert (adjusted <= 1).all()
    assert (adjusted > 0).all()


@given(p=p_values)
def test_holm_rejects_whatever_bonferroni_rejects(p: list[float]) -> None:
    assert (corrected(p, "holm") <= corrected(p, "bonferroni")).all()


@given(p=p_values, seed=st.integers(0, 9))
def test_the_order_of_hypotheses_does_not_matter(p: list[float], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(p))
    for method in METHODS:
        assert (corrected(np.array(p)[order], method) == corrected(p, method)[order]).all()


def test_no_hypothesis_gives_no_value() -> None:
    assert corrected([]).tolist() == []


@pytest.mark.parametrize("p", [0.0, -0.1, 1.1, float("nan")])
def test_what_is_no_p_value_is_refused(p: float) -> None:
    with pytest.raises(EvaluationError, match=r"must lie in \(0, 1\]"):
        corrected([0.5, p])
