from __future__ import annotations

import pytest
import torch
from torch import Tensor

from arir.losses.embedding_mse import embedding_mse
from tests.losses.helpers import assert_same_value_and_gradient, random, reference


def test_it_equals_sentence_transformers() -> None:
    teacher, loss = random(4, 6, seed=2), reference.MSELoss(None)

    def ours(source: Tensor, translation: Tensor) -> Tensor:
        return embedding_mse([source, translation], teacher)

    def theirs(source: Tensor, translation: Tensor) -> Tensor:
        value: Tensor = loss.compute_loss_from_embeddings([source, translation], [teacher] * 2)
        return value

    assert_same_value_and_gradient(ours, theirs, random(4, 6), random(4, 6, seed=1))


def test_it_is_the_equation_of_the_article_over_columns_and_dimensions() -> None:
    source, translation, teacher = random(4, 6), random(4, 6, seed=1), random(4, 6, seed=2)
    squares = (teacher - source).square().sum(1) + (teacher - translation).square().sum(1)
    expected = squares.mean() / (2 * 6)
    torch.testing.assert_close(embedding_mse([source, translation], teacher), expected)


def test_the_gradient_is_that_of_finite_differences() -> None:
    teacher = random(2, 3, seed=1, dtype=torch.float64)
    student = random(2, 3, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: embedding_mse([x], teacher), student)


def test_the_teacher_is_the_minimum_and_gets_no_gradient() -> None:
    teacher = random(2, 3).requires_grad_()
    student = teacher.detach().clone().requires_grad_()
    loss = embedding_mse([student, student], teacher)
    assert float(loss.detach()) == 0
    loss.backward()
    assert teacher.grad is None
    assert student.grad is not None
    assert not student.grad.any()


def test_half_precision_students_are_compared_in_single_precision() -> None:
    assert embedding_mse([random(2, 3).half()], random(2, 3)).dtype == torch.float32


@pytest.mark.parametrize("shape", [(4, 5), (1, 6), (4, 1), (6,)])
def test_vectors_that_would_broadcast_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"teacher \(4, 6\), students\[0\]"):
        embedding_mse([torch.zeros(shape)], torch.zeros(4, 6))


def test_no_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one column"):
        embedding_mse([], torch.zeros(4, 6))
