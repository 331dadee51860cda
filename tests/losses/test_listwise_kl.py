from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.listwise_kl import listwise_kl
from tests.losses.helpers import assert_same_value_and_gradient, lengths_mask, random, reference


@pytest.mark.parametrize(("student", "teacher"), [(1.0, 1.0), (2.0, 0.5), (0.3, 3.0)])
def test_it_equals_sentence_transformers(student: float, teacher: float) -> None:
    queries, passages, labels = random(4, 8), random(3, 4, 8, seed=1), random(4, 3, seed=2) * 3
    loss = reference.DistillKLDivLoss(
        None, student_temperature=student, teacher_temperature=teacher
    )

    def ours(queries: Tensor, passages: Tensor) -> Tensor:
        scores = torch.einsum("bd,nbd->bn", queries, passages)
        return listwise_kl(
            scores,
            labels,
            student_temperature=student,
            teacher_temperature=teacher,
            rescale=True,
        )

    def theirs(queries: Tensor, passages: Tensor) -> Tensor:
        return loss.compute_loss_from_embeddings([queries, *passages], labels)

    assert_same_value_and_gradient(ours, theirs, queries, passages)


def test_it_equals_the_equation_of_translate_distill() -> None:
    student, teacher, alpha = random(5, 6), random(5, 6, seed=1), 0.7
    log_p = torch.log_softmax(alpha * teacher, dim=1)
    log_q = torch.log_softmax(student, dim=1)
    expected = (log_p.exp() * (log_p - log_q)).sum(dim=1).mean()
    ours = listwise_kl(student, teacher, teacher_temperature=1 / alpha)
    torch.testing.assert_close(ours, expected)


def test_the_gradient_is_that_of_finite_differences() -> None:
    teacher, mask = random(3, 5, seed=1, dtype=torch.float64), lengths_mask([5, 2, 4], 5)
    student = random(3, 5, dtype=torch.float64).requires_grad_()

    def loss(student: Tensor) -> Tensor:
        return listwise_kl(student, teacher, mask, student_temperature=0.7)

    assert torch.autograd.gradcheck(loss, student)


def test_training_ends_at_the_teacher_and_not_at_its_opposite() -> None:
    teacher = torch.tensor([[3.0, 1.0, -2.0]])
    student = torch.zeros(1, 3, requires_grad=True)
    for _ in range(500):
        (gradient,) = torch.autograd.grad(listwise_kl(student, teacher), student)
        student = (student - 5 * gradient).detach().requires_grad_()
    torch.testing.assert_close(student.softmax(1), teacher.softmax(1), atol=1e-3, rtol=0)


@given(
    st.lists(st.floats(-20, 20), min_size=2, max_size=6),
    st.floats(-50, 50),
    st.floats(0.1, 10),
)
def test_the_teacher_is_the_minimum_whatever_is_added_to_its_scores(
    scores: list[float], shift: float, temperature: float
) -> None:
    teacher = torch.tensor([scores], dtype=torch.float64)
    at_teacher = listwise_kl(
        teacher + shift,
        teacher,
        student_temperature=temperature,
        teacher_temperature=temperature,
    )
    assert abs(float(at_teacher)) < 1e-9
    elsewhere = teacher + torch.linspace(-1, 1, len(scores), dtype=torch.float64)
    assert float(listwise_kl(elsewhere, teacher)) >= -1e-12


def test_ragged_lists_equal_a_loop_over_the_lists() -> None:
    lengths, student, teacher = [4, 2, 3], random(3, 4), random(3, 4, seed=1)
    mask = lengths_mask(lengths, 4)
    single = [
        listwise_kl(student[row : row + 1, :length], teacher[row : row + 1, :length])
        for row, length in enumerate(lengths)
    ]
    torch.testing.assert_close(listwise_kl(student, teacher, mask), torch.stack(single).mean())


@pytest.mark.parametrize("padding", [0.0, 1e30, float("inf"), float("-inf"), float("nan")])
def test_padding_changes_neither_the_loss_nor_a_gradient(padding: float) -> None:
    student, teacher, mask = random(2, 3), random(2, 3, seed=1), lengths_mask([3, 2], 3)
    clean = student.clone().requires_grad_()
    dirty = student.masked_fill(~mask, padding).requires_grad_()
    loss = listwise_kl(clean, teacher, mask)
    same = listwise_kl(dirty, teacher.masked_fill(~mask, padding), mask)
    torch.testing.assert_close(same, loss, rtol=0, atol=0)
    gradients = torch.autograd.grad(loss, clean) + torch.autograd.grad(same, dirty)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=0)
    assert not gradients[1][~mask].any()


def test_a_list_without_candidates_adds_zero_instead_of_nan() -> None:
    student, teacher = random(2, 3).requires_grad_(), random(2, 3, seed=1)
    mask = lengths_mask([3, 0], 3)
    with torch.autograd.set_detect_anomaly(True):
        loss = listwise_kl(student, teacher, mask)
        (gradient,) = torch.autograd.grad(loss, student)
    torch.testing.assert_close(loss, listwise_kl(student[:1], teacher[:1]) / 2)
    assert torch.isfinite(gradient).all()
    assert not gradient[1].any()


def test_rescaling_keeps_the_gradient_from_vanishing_at_high_temperatures() -> None:
    student, teacher = random(1, 4, dtype=torch.float64), random(1, 4, seed=1, dtype=torch.float64)
    student.requires_grad_()
    loss = listwise_kl(
        student, teacher, student_temperature=1e4, teacher_temperature=1e4, rescale=True
    )
    (gradient,) = torch.autograd.grad(loss, student)
    limit = (student - student.mean() - teacher + teacher.mean()) / 4  # Hinton et al., equation 4
    torch.testing.assert_close(gradient, limit.detach(), rtol=1e-2, atol=1e-6)


def test_half_precision_scores_are_lifted_before_the_softmax() -> None:
    student, teacher = random(2, 4).bfloat16(), random(2, 4, seed=1)
    loss = listwise_kl(student, teacher)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, listwise_kl(student.float(), teacher))


def test_no_gradient_flows_into_the_teacher() -> None:
    teacher = random(2, 3).requires_grad_()
    listwise_kl(random(2, 3, seed=1).requires_grad_(), teacher).backward()
    assert teacher.grad is None


@pytest.mark.parametrize(
    ("student", "teacher", "message"),
    [
        ((4, 3), (4, 1), "expected one shape"),
        ((4,), (4,), "2 dimension"),
        ((4, 1), (4, 1), "at least 2 candidates"),
    ],
)
def test_shapes_that_would_train_towards_a_uniform_ranking_are_refused(
    student: tuple[int, ...], teacher: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        listwise_kl(torch.zeros(student), torch.zeros(teacher))


def test_wrong_settings_are_refused() -> None:
    scores = torch.zeros(2, 3)
    with pytest.raises(ValueError, match="student_temperature"):
        listwise_kl(scores, scores, student_temperature=0.0)
    with pytest.raises(ValueError, match="teacher_temperature"):
        listwise_kl(scores, scores, teacher_temperature=float("nan"))
    with pytest.raises(ValueError, match="mask has shape"):
        listwise_kl(scores, scores, torch.ones(3))
