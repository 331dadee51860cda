from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.soft_bce import min_max_targets, soft_bce
from tests.losses.helpers import assert_same_value_and_gradient, random

#: the range of the published teacher scores
LOW, HIGH = -11.97320302327474, 11.491349379221598


def test_it_equals_the_equation() -> None:
    logits, targets = random(6).double().numpy(), torch.rand(6).double().numpy()
    sigmoid = 1 / (1 + np.exp(-logits))
    expected = -(targets * np.log(sigmoid) + (1 - targets) * np.log(1 - sigmoid)).mean()
    ours = soft_bce(torch.from_numpy(logits), torch.from_numpy(targets))
    assert float(ours) == pytest.approx(expected, rel=1e-12)


def test_it_equals_the_loss_of_a_transformers_classifier() -> None:
    from transformers.loss.loss_utils import ForSequenceClassificationLoss

    class Config:
        problem_type = "multi_label_classification"
        num_labels = 1

    targets = torch.tensor([0.7, 0.2, 1.0])

    def ours(logits: Tensor) -> Tensor:
        return soft_bce(logits, targets)

    def theirs(logits: Tensor) -> Tensor:
        loss: Tensor = ForSequenceClassificationLoss(
            targets.unsqueeze(1), logits.unsqueeze(1), Config()
        )
        return loss

    assert_same_value_and_gradient(ours, theirs, random(3))


@given(st.floats(0.01, 0.99))
def test_the_minimum_lies_at_the_logit_of_the_target(target: float) -> None:
    targets = torch.tensor([target], dtype=torch.float64)
    logits = torch.logit(targets).requires_grad_()
    loss = soft_bce(logits, targets)
    (gradient,) = torch.autograd.grad(loss, logits)
    assert abs(float(gradient)) < 1e-12
    for step in (-0.5, 0.5):
        assert float(soft_bce(logits.detach() + step, targets)) > float(loss.detach())


def test_the_gradient_is_that_of_finite_differences() -> None:
    targets = torch.tensor([0.0, 0.3, 1.0], dtype=torch.float64)
    logits = random(3, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: soft_bce(z, targets), logits)


def test_logits_with_a_last_axis_of_one_do_not_broadcast() -> None:
    with pytest.raises(ValueError, match=r"logits \(3, 1\), targets \(3,\)"):
        soft_bce(torch.zeros(3, 1), torch.zeros(3))


@pytest.mark.parametrize("target", [-0.1, 1.1, 4.03, float("nan")])
def test_raw_scores_as_targets_are_refused(target: float) -> None:
    with pytest.raises(ValueError, match="min_max_targets"):
        soft_bce(torch.zeros(2), torch.tensor([0.5, target]))


def test_half_precision_logits_are_lifted() -> None:
    assert soft_bce(torch.zeros(2).half(), torch.ones(2)).dtype == torch.float32


def test_the_published_range_maps_to_zero_and_one_in_single_precision() -> None:
    scores = torch.tensor([LOW, HIGH], dtype=torch.float64).float()
    assert min_max_targets(scores, LOW, HIGH).tolist() == [0.0, 1.0]


def test_a_score_that_was_rounded_past_the_range_gets_its_end() -> None:
    scores = torch.tensor([-5e-7, 1 + 5e-7], dtype=torch.float64)
    assert min_max_targets(scores, 0.0, 1.0).tolist() == [0.0, 1.0]


def test_the_published_first_row_gets_the_published_labels() -> None:
    targets = min_max_targets(torch.tensor([6.6247, 2.5966]), LOW, HIGH)
    expected = [(score - LOW) / (HIGH - LOW) for score in (6.6247, 2.5966)]
    assert targets.tolist() == pytest.approx(expected, abs=1e-6)


def test_scores_outside_the_declared_range_are_counted_and_not_clipped() -> None:
    scores = torch.tensor([-1.0, 0.5, 3.0, float("nan")])
    with pytest.raises(ValueError, match=r"3 of 4 scores are NaN or outside \[0.0, 1.0\]"):
        min_max_targets(scores, 0.0, 1.0)


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 1.0), (2.0, 1.0), (0.0, float("inf")), (float("nan"), 1.0)]
)
def test_an_empty_range_is_refused(low: float, high: float) -> None:
    with pytest.raises(ValueError, match="low must be less than high"):
        min_max_targets(torch.zeros(1), low, high)
