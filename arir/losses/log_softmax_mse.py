"""Squared error between log-probabilities: Translate-Distill's alternative to the KL divergence."""

from __future__ import annotations

from torch import Tensor

from arir.losses.candidates import candidate_log_softmax, check_candidates
from arir.losses.checks import check_positive, check_same_shape

__all__ = ["log_softmax_mse"]


def log_softmax_mse(
    student_scores: Tensor,
    teacher_scores: Tensor,
    mask: Tensor | None = None,
    *,
    student_temperature: float = 1.0,
    teacher_temperature: float = 1.0,
) -> Tensor:
    """Mean squared difference between the log-softmax of both score lists.

    With ``P`` and ``Q`` as in :func:`arir.losses.listwise_kl.listwise_kl` and M candidates in all::

        L = 1/M * sum_b sum_j (log P_bj - log Q_bj)^2

    Unlike the KL divergence, candidates that the teacher ranks low weigh as much as those on top.

    Args:
        student_scores: shape (B, N), N >= 2.
        teacher_scores: shape (B, N); no gradient flows into them.
        mask: True where a candidate exists, shape (B, N).
        student_temperature: the student's scores are divided by it.
        teacher_temperature: the teacher's scores are divided by it.

    Returns:
        The loss, a tensor without dimensions; zero where no candidate exists at all.

    Raises:
        ValueError: for shapes that differ, fewer than two candidates, or a temperature that is not
            positive and finite.

    Reference:
        PLAID-X, ``kd_loss = MSE`` (Yang et al., ECIR 2024, arXiv 2401.04810).

    >>> import torch
    >>> log_softmax_mse(torch.tensor([[0.0, 0.0]]), torch.tensor([[2.0, 0.0]]))
    tensor(1.1882)
    """
    check_positive(student_temperature=student_temperature, teacher_temperature=teacher_temperature)
    check_same_shape(2, student_scores=student_scores, teacher_scores=teacher_scores)
    real = check_candidates(student_scores, mask)
    student = candidate_log_softmax(student_scores, real, student_temperature)
    target = teacher_scores.detach().to(student.dtype)
    teacher = candidate_log_softmax(target, real, teacher_temperature)
    return (teacher - student).square().sum() / real.sum().clamp_min(1)
