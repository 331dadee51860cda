from __future__ import annotations

import math

import pytest
import torch

from arir.losses.checks import (
    check_mask,
    check_positive,
    check_same_shape,
    full_precision,
    no_autocast,
)


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, math.nan])
def test_a_useless_temperature_is_refused_by_name(value: float) -> None:
    with pytest.raises(ValueError, match="temperature must be positive and finite, not"):
        check_positive(temperature=value)


def test_labels_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match=r"scores \(3,\), labels \(3, 1\)"):
        check_same_shape(1, scores=torch.zeros(3), labels=torch.zeros(3, 1))
    with pytest.raises(ValueError, match="2 dimension"):
        check_same_shape(2, scores=torch.zeros(3), labels=torch.zeros(3))


def test_a_mask_that_would_broadcast_is_refused() -> None:
    with pytest.raises(ValueError, match=r"query_mask has shape \(1, 4\), expected \(2, 4\)"):
        check_mask(torch.ones(1, 4), (2, 4), "query_mask")
    assert check_mask(torch.tensor([[1, 0]]), (1, 2), "m").tolist() == [[True, False]]


def test_half_precision_is_lifted_and_double_precision_kept() -> None:
    assert full_precision(torch.zeros(1, dtype=torch.bfloat16)).dtype == torch.float32
    assert full_precision(torch.zeros(1, dtype=torch.int64)).dtype == torch.float32
    assert full_precision(torch.zeros(1, dtype=torch.float64)).dtype == torch.float64


def test_products_keep_their_precision_inside_an_autocast_region() -> None:
    matrix = torch.eye(2)
    with torch.autocast("cpu", torch.bfloat16):
        assert (matrix @ matrix).dtype == torch.bfloat16
        with no_autocast(matrix):
            assert (matrix @ matrix).dtype == torch.float32
