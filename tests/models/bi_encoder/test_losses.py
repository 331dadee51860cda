"""The MarginMSE kernels against sentence-transformers, finite differences and their equations."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from arir.models.bi_encoder.losses import batch_l1_margin_mse, margin_mse

Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]
BOTH = pytest.mark.parametrize("kernel", [margin_mse, batch_l1_margin_mse])


def vectors(seed: int, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    positive, negative, margin = torch.randn(3, 7, generator=generator, dtype=dtype).unbind()
    return positive, negative, 4 * margin


def test_value_and_every_gradient_equal_sentence_transformers() -> None:
    from sentence_transformers.sentence_transformer.losses import MarginMSELoss

    reference = MarginMSELoss(model=torch.nn.Identity())  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(3)
    embeddings = torch.randn(3, 7, 5, generator=generator)
    margins = vectors(0, torch.float32)[2]
    theirs = embeddings.clone().requires_grad_()
    expected = reference.compute_loss_from_embeddings(list(theirs.unbind()), margins)
    expected.backward()
    ours = embeddings.clone().requires_grad_()
    query, positive, negative = ours.unbind()
    loss = margin_mse((query * positive).sum(-1), (query * negative).sum(-1), margins)
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-6)
    assert theirs.grad is not None
    assert ours.grad is not None
    assert theirs.grad.abs().min() > 0
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_the_normalised_loss_is_the_published_equation() -> None:
    positive, negative, margin = vectors(1)
    student, teacher = (positive - negative).numpy(), margin.numpy()
    expected = np.mean((student / np.abs(student).sum() - teacher / np.abs(teacher).sum()) ** 2)
    assert batch_l1_margin_mse(positive, negative, margin).item() == pytest.approx(expected)


@BOTH
def test_gradients_equal_finite_differences(kernel: Kernel) -> None:
    positive, negative, margin = vectors(2)
    inputs = (positive.requires_grad_(), negative.requires_grad_(), margin)
    assert torch.autograd.gradcheck(kernel, inputs)


@BOTH
@pytest.mark.parametrize("shape", [(7, 1), (1, 7), (1,), (), (7, 2)])
def test_labels_of_another_shape_do_not_broadcast(kernel: Kernel, shape: tuple[int, ...]) -> None:
    positive, negative, _ = vectors(0)
    with pytest.raises(ValueError, match="teacher_margin"):
        kernel(positive, negative, torch.zeros(shape, dtype=positive.dtype))


@BOTH
def test_columns_of_scores_are_refused_too(kernel: Kernel) -> None:
    positive, negative, margin = (vector.unsqueeze(1) for vector in vectors(0))
    with pytest.raises(ValueError, match="1 dimension"):
        kernel(positive, negative, margin)


@BOTH
def test_a_student_with_the_teachers_margins_has_no_loss_and_a_reversed_one_has_most(
    kernel: Kernel,
) -> None:
    _, _, margin = vectors(4)
    zeros = torch.zeros_like(margin)
    assert kernel(margin, zeros, margin).item() == pytest.approx(0, abs=1e-12)
    assert kernel(zeros, margin, margin) > kernel(zeros, zeros, margin) > 0


@BOTH
def test_following_the_gradient_approaches_the_teacher(kernel: Kernel) -> None:
    positive, negative, margin = vectors(5)
    positive.requires_grad_()
    before = kernel(positive, negative, margin)
    before.backward()
    assert positive.grad is not None
    with torch.no_grad():
        assert kernel(positive - 1e-3 * positive.grad, negative, margin) < before


@BOTH
def test_one_offset_on_both_scores_changes_nothing(kernel: Kernel) -> None:
    positive, negative, margin = vectors(6)
    moved = kernel(positive + 100, negative + 100, margin)
    assert moved.item() == pytest.approx(kernel(positive, negative, margin).item())


def test_the_normalised_loss_is_free_of_both_scales_and_the_plain_one_is_not() -> None:
    positive, negative, margin = vectors(7)
    scaled = (9 * positive, 9 * negative, margin / 5)
    same = batch_l1_margin_mse(positive, negative, margin).item()
    assert batch_l1_margin_mse(*scaled).item() == pytest.approx(same)
    plain = margin_mse(positive, negative, margin).item()
    assert margin_mse(*scaled).item() != pytest.approx(plain)


def test_margins_that_are_all_zero_give_no_nan() -> None:
    zeros = torch.zeros(4, requires_grad=True)
    loss = batch_l1_margin_mse(zeros, torch.zeros(4), torch.zeros(4))
    loss.backward()
    assert loss.item() == 0
    assert zeros.grad is not None
    assert bool(torch.isfinite(zeros.grad).all())


@BOTH
def test_half_precision_scores_are_subtracted_in_single_precision(kernel: Kernel) -> None:
    positive = torch.tensor([300.0, 301.0], dtype=torch.bfloat16)
    negative = torch.tensor([299.0, 297.0], dtype=torch.bfloat16)
    margin = torch.tensor([1.25, 3.5])
    expected = kernel(positive.float(), negative.float(), margin)
    loss = kernel(positive, negative, margin)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(expected.item())


@BOTH
def test_no_gradient_flows_into_the_teacher(kernel: Kernel) -> None:
    positive, negative, margin = vectors(8)
    kernel(positive.requires_grad_(), negative, margin.requires_grad_()).backward()
    assert margin.grad is None
