"""Listwise KL divergence between the teacher's and the student's ranking of a candidate list."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.candidates import candidate_log_softmax, check_candidates
from arir.losses.checks import check_positive, check_same_shape

__all__ = ["kl_divergence", "listwise_kl"]


def listwise_kl(
    student_scores: Tensor,
    teacher_scores: Tensor,
    mask: Tensor | None = None,
    *,
    student_temperature: float = 1.0,
    teacher_temperature: float = 1.0,
    rescale: bool = False,
) -> Tensor:
    """KL divergence of the student's distribution over N candidates from the teacher's.

    With ``P = softmax(t / T_t)`` and ``Q = softmax(s / T_s)`` over the candidates of a query::

        L = 1/B * sum_b sum_j P_bj * (log P_bj - log Q_bj)

    Args:
        student_scores: shape (B, N), N >= 2.
        teacher_scores: shape (B, N); no gradient flows into them. Check their values once with
            :func:`arir.losses.teacher_scores.check_teacher_scores`.
        mask: True where a candidate exists, shape (B, N). Lists may have different lengths; one of
            fewer than two candidates contributes zero.
        student_temperature: ``T_s``.
        teacher_temperature: ``T_t``; Translate-Distill's ``distillation_alpha`` is its inverse.
        rescale: multiply by ``T_s^2``, so that the gradient keeps its size when ``T_s`` changes.

    Returns:
        The loss, a tensor without dimensions: the mean over all B lists ("batchmean").

    Raises:
        ValueError: for shapes that differ, fewer than two candidates, or a temperature that is not
            positive and finite.

    Reference:
        Yang, Lawrie, Mayfield, Oard and Miller, "Translate-Distill", ECIR 2024 (arXiv 2401.04810),
        as in PLAID-X with ``kd_loss = KLD``. The rescaling: Hinton, Vinyals and Dean, "Distilling
        the Knowledge in a Neural Network", 2015 (arXiv 1503.02531), section 2.

    >>> listwise_kl(torch.tensor([[0.0, 0.0]]), torch.tensor([[2.0, 0.0]]))
    tensor(0.3278)
    >>> listwise_kl(torch.tensor([[3.0, 1.0]]), torch.tensor([[2.0, 0.0]]))
    tensor(0.)
    """
    check_positive(student_temperature=student_temperature, teacher_temperature=teacher_temperature)
    check_same_shape(2, student_scores=student_scores, teacher_scores=teacher_scores)
    real = check_candidates(student_scores, mask)
    student = candidate_log_softmax(student_scores, real, student_temperature)
    target = teacher_scores.detach().to(student.dtype)
    loss = kl_divergence(candidate_log_softmax(target, real, teacher_temperature), student)
    return loss * student_temperature**2 if rescale else loss


def kl_divergence(log_target: Tensor, log_prediction: Tensor) -> Tensor:
    """``1/B * sum_b sum_j exp(log_target) * (log_target - log_prediction)``; shapes (B, N)."""
    return torch.nn.functional.kl_div(
        log_prediction, log_target, reduction="batchmean", log_target=True
    )
