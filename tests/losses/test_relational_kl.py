from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from arir.losses.cosine import cosine_matrix
from arir.losses.relational_kl import (
    Pooling,
    balanced_relational_kl,
    pool_similarities,
    relational_kl,
)
from tests.losses.helpers import assert_same_value_and_gradient, random


def c2kd(student: Tensor, teacher: Tensor, tau: float = 0.1) -> Tensor:
    """The authors' distillation term, line by line."""
    rows = functional.kl_div(
        functional.log_softmax(student / tau, dim=1),
        functional.log_softmax(teacher / tau, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    columns = functional.kl_div(
        functional.log_softmax(student.t() / tau, dim=1),
        functional.log_softmax(teacher.t() / tau, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return rows + columns


@pytest.mark.parametrize("shape", [(4, 4), (3, 5)])
def test_it_equals_the_published_code(shape: tuple[int, int]) -> None:
    teacher = random(*shape, seed=1) / 3
    assert_same_value_and_gradient(
        lambda student: relational_kl(student, teacher),
        lambda student: c2kd(student, teacher),
        random(*shape) / 3,
    )


def test_the_balanced_loss_equals_the_published_code() -> None:
    teacher = random(4, 4, seed=1) / 3

    def theirs(student: Tensor) -> Tensor:
        rows = torch.diag(functional.log_softmax(student / 0.05, dim=1)).mean()
        columns = torch.diag(functional.log_softmax(student.t() / 0.05, dim=1)).mean()
        return 0.3 * (-rows - columns) + 0.7 * c2kd(student, teacher)

    assert_same_value_and_gradient(
        lambda student: balanced_relational_kl(student, teacher, balance=0.3),
        theirs,
        random(4, 4) / 3,
    )


def test_the_gradient_is_that_of_finite_differences() -> None:
    teachers = random(2, 3, 4, seed=1, dtype=torch.float64)
    student = random(3, 4, dtype=torch.float64).requires_grad_()
    loss = lambda x: balanced_relational_kl(x, teachers, pooling="max")  # noqa: E731
    assert torch.autograd.gradcheck(loss, student)


def test_training_ends_at_the_teachers_relations() -> None:
    teacher = cosine_matrix(random(3, 8, seed=1), random(3, 8, seed=2))
    student = torch.zeros(3, 3)
    first = relational_kl(student, teacher)
    for _ in range(80):
        student.requires_grad_()
        (gradient,) = torch.autograd.grad(relational_kl(student, teacher), student)
        student = (student - 0.06 * gradient).detach()
    assert float(relational_kl(student, teacher)) < 0.01 * float(first)


def test_rows_and_columns_both_count() -> None:
    student, teacher = random(3, 3), random(3, 3, seed=1)
    rows_alone = student + torch.tensor([[0.0], [1.0], [2.0]])  # a shift of rows leaves rows alike
    assert abs(float(relational_kl(rows_alone, teacher) - relational_kl(student, teacher))) > 0.01
    torch.testing.assert_close(relational_kl(student, teacher), relational_kl(student.T, teacher.T))


@pytest.mark.parametrize(("pooling", "expected"), [("mean", 0.5), ("max", 0.9), ("min", 0.1)])
def test_pooling_means_what_it_says(pooling: Pooling, expected: float) -> None:
    teachers = torch.tensor([0.9, 0.5, 0.1]).view(3, 1, 1).expand(3, 2, 2)
    assert pool_similarities(teachers, pooling)[0, 0] == pytest.approx(expected)


def test_one_teacher_pools_to_itself() -> None:
    teacher = random(3, 3)
    for pooling in ("mean", "max", "min"):
        torch.testing.assert_close(pool_similarities(teacher, pooling), teacher)
        torch.testing.assert_close(pool_similarities(teacher[None], pooling), teacher)


def test_no_gradient_flows_into_a_teacher() -> None:
    teacher = random(2, 3, 3).requires_grad_()
    relational_kl(random(3, 3).requires_grad_(), teacher).backward()
    assert teacher.grad is None
    assert not pool_similarities(teacher).requires_grad


def test_wrong_shapes_and_settings_are_refused() -> None:
    square = torch.zeros(3, 3)
    with pytest.raises(ValueError, match="expected one shape"):
        relational_kl(square, torch.zeros(3, 4))
    with pytest.raises(ValueError, match="expected \\(K, B, P\\)"):
        pool_similarities(torch.zeros(3))
    with pytest.raises(ValueError, match="one of mean, max, min, not 'sum'"):
        relational_kl(square, square, pooling="sum")  # type: ignore[arg-type]  # on purpose
    with pytest.raises(ValueError, match="student_temperature"):
        relational_kl(square, square, student_temperature=0.0)
    for balance in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="balance must lie"):
            balanced_relational_kl(square, square, balance=balance)
