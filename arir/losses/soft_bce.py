"""Binary cross-entropy on soft targets: the cross-encoder's distillation loss."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_same_shape, full_precision

__all__ = ["min_max_targets", "soft_bce"]

#: scores may leave the declared range by this share of it: single precision rounds its two ends
ROUNDING = 1e-6


def soft_bce(logits: Tensor, targets: Tensor) -> Tensor:
    """Binary cross-entropy between ``sigmoid(logits)`` and targets in [0, 1].

    With logits ``z`` and targets ``y``::

        L = - 1/B * sum_i [y_i * log sigmoid(z_i) + (1 - y_i) * log(1 - sigmoid(z_i))]

    Targets of 0 and 1 make it the loss of the NoKD twin. Its minimum over z is the targets'
    entropy, not zero, so its value says little about how near the student is to the teacher.

    Args:
        logits: the student's scores, shape (B,).
        targets: shape (B,), in [0, 1]; see :func:`min_max_targets`. No gradient flows into them.

    Returns:
        The loss, a tensor without dimensions.

    Raises:
        ValueError: where the shapes differ (logits of shape (B, 1) would broadcast against (B,)),
            or a target lies outside [0, 1], where the loss has no lower bound. Targets on an
            accelerator are not looked at, since that would stall it at every step.

    Reference:
        Hatem, Azouaou and Batata, "Arabic IR and reranking with knowledge distillation", TALLIP
        2026: the loss of the published cross-encoders' notebooks.

    >>> soft_bce(torch.tensor([0.0, 2.0]), torch.tensor([0.5, 1.0]))
    tensor(0.4100)
    """
    check_same_shape(1, logits=logits, targets=targets)
    if targets.device.type == "cpu" and not bool(((targets >= 0) & (targets <= 1)).all()):
        raise ValueError("targets must lie in [0, 1]; scale raw scores with min_max_targets first")
    student = full_precision(logits)
    return torch.nn.functional.binary_cross_entropy_with_logits(
        student, targets.detach().to(student.dtype)
    )


def min_max_targets(scores: Tensor, low: float, high: float) -> Tensor:
    """Scale raw teacher scores to [0, 1] by the range of the whole training set.

    ``y = (s - low) / (high - low)``. The range must be that of all scores, positive and negative:
    one taken from a batch would give the same score another target in each batch.

    Args:
        scores: raw teacher scores, any shape.
        low: the smallest score of the training set.
        high: the largest score of the training set.

    Returns:
        Targets in the shape of ``scores``, at least in single precision.

    Raises:
        ValueError: where the range is empty or not finite, or a score is NaN or outside it.

    Reference:
        The same notebooks; for the published scores of Hofstaetter et al. (T2) over the first 15
        million rows, low = -11.97320302327474 and high = 11.491349379221598.

    >>> min_max_targets(torch.tensor([-12.0, 0.0, 12.0]), -12.0, 12.0)
    tensor([0.0000, 0.5000, 1.0000])
    """
    width = high - low
    if not 0 < width < float("inf"):
        raise ValueError(f"low must be less than high, both finite, not {low} and {high}")
    targets = (full_precision(scores) - low) / width
    inside = (targets >= -ROUNDING) & (targets <= 1 + ROUNDING)
    if not bool(inside.all()):
        raise ValueError(
            f"{int((~inside).sum())} of {scores.numel()} scores are NaN or outside [{low}, {high}];"
            " give the range of the whole training set"
        )
    return targets.clamp(0.0, 1.0)
