from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from arir.losses.log_softmax_mse import log_softmax_mse
from tests.losses.helpers import assert_same_value_and_gradient, lengths_mask, random


def test_it_equals_the_formula_of_plaid_x() -> None:
    teacher = random(3, 5, seed=1)

    def ours(student: Tensor) -> Tensor:
        return log_softmax_mse(student, teacher, teacher_temperature=0.5)

    def theirs(student: Tensor) -> Tensor:
        return functional.mse_loss(student.log_softmax(1), (teacher * 2).log_softmax(1))

    assert_same_value_and_gradient(ours, theirs, random(3, 5))


def test_the_teacher_is_the_minimum() -> None:
    teacher = random(3, 5)
    assert float(log_softmax_mse(teacher + 7, teacher)) < 1e-10
    assert float(log_softmax_mse(-teacher, teacher)) > 0.1


def test_padding_counts_neither_in_the_sum_nor_in_the_mean() -> None:
    student, teacher, mask = random(1, 4), random(1, 4, seed=1), lengths_mask([3], 4)
    dirty = student.masked_fill(~mask, float("inf"))
    expected = log_softmax_mse(student[:, :3], teacher[:, :3])
    torch.testing.assert_close(log_softmax_mse(dirty, teacher, mask), expected)
    assert float(log_softmax_mse(student, teacher, torch.zeros(1, 4))) == 0


def test_wrong_shapes_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one shape"):
        log_softmax_mse(torch.zeros(3, 2), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="at least 2 candidates"):
        log_softmax_mse(torch.zeros(3, 1), torch.zeros(3, 1))
    with pytest.raises(ValueError, match="teacher_temperature"):
        log_softmax_mse(torch.zeros(3, 2), torch.zeros(3, 2), teacher_temperature=0.0)
