"""Losses of bi-encoder distillation: pure functions of tensors, without a model or a file."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_same_shape, full_precision

__all__ = ["batch_l1_margin_mse", "margin_mse"]


def margin_mse(student_pos: Tensor, student_neg: Tensor, teacher_margin: Tensor) -> Tensor:
    """Mean squared difference between the student's margins and the teacher's.

    With ``m_i = s(q_i, p_i+) - s(q_i, p_i-)`` and the teacher's margins ``t_i``::

        L = 1/B * sum_i (m_i - t_i)^2

    Args:
        student_pos: the student's scores of query and positive passage, shape (B,).
        student_neg: the student's scores of query and negative passage, shape (B,).
        teacher_margin: the teacher's positive score less its negative one, shape (B,), on the
            scale of the student's scores.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: where the shapes differ. A margin of shape (B, 1) would otherwise broadcast
            to (B, B) and train every student margin towards the mean of the batch's labels.

    Reference:
        Hofstaetter, Althammer, Schroeder, Sertkan and Hanbury, "Improving Efficient Neural Ranking
        Models with Cross-Architecture Knowledge Distillation", 2020 (arXiv 2010.02666), section 3.

    >>> margin_mse(torch.tensor([3.0, 1.0]), torch.tensor([1.0, 1.0]), torch.tensor([1.0, 2.0]))
    tensor(2.5000)
    """
    student, teacher = _margins(student_pos, student_neg, teacher_margin)
    return torch.nn.functional.mse_loss(student, teacher)


def batch_l1_margin_mse(student_pos: Tensor, student_neg: Tensor, teacher_margin: Tensor) -> Tensor:
    """MarginMSE between margins that are divided by their L1 norm over the batch.

    With ``m`` and ``t`` the vectors of the student's and the teacher's margins::

        L = 1/B * sum_i (m_i / ||m||_1 - t_i / ||t||_1)^2

    The loss is free of both scales, but depends on which triples share a batch: with gradient
    accumulation the norm is that of the micro-batch, not of the effective batch. A batch whose
    margins are all zero stays zero instead of becoming NaN.

    Args:
        student_pos: the student's scores of query and positive passage, shape (B,).
        student_neg: the student's scores of query and negative passage, shape (B,).
        teacher_margin: the teacher's positive score less its negative one, shape (B,).

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: where the shapes differ.

    Reference:
        Hatem, Azouaou and Batata, "Arabic IR and reranking with knowledge distillation", TALLIP
        2026: the loss of the published bi-encoders' notebooks.

    >>> batch_l1_margin_mse(
    ...     torch.tensor([3.0, 2.0]), torch.tensor([1.0, 0.0]), torch.tensor([10.0, 30.0])
    ... )
    tensor(0.0625)
    """
    student, teacher = _margins(student_pos, student_neg, teacher_margin)
    return torch.nn.functional.mse_loss(
        torch.nn.functional.normalize(student, p=1.0, dim=0),
        torch.nn.functional.normalize(teacher, p=1.0, dim=0),
    )


def _margins(
    student_pos: Tensor, student_neg: Tensor, teacher_margin: Tensor
) -> tuple[Tensor, Tensor]:
    """Both margins in at least single precision; no gradient flows into the teacher's."""
    check_same_shape(
        1, student_pos=student_pos, student_neg=student_neg, teacher_margin=teacher_margin
    )
    student = full_precision(student_pos) - full_precision(student_neg)
    return student, teacher_margin.detach().to(student.dtype)
