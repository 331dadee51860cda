"""The losses that a recipe can name, on scores and labels of shape (B, n).

Of a list the first passage is the positive wherever a loss has one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from torch import Tensor

from arir.losses.listwise_cross_entropy import listwise_cross_entropy
from arir.losses.listwise_kl import listwise_kl
from arir.losses.log_softmax_mse import log_softmax_mse
from arir.losses.soft_bce import soft_bce
from arir.models.bi_encoder.losses import batch_l1_margin_mse, margin_mse

__all__ = ["Kernel", "make_kernel"]

Kernel = Callable[[Tensor, Tensor], Tensor]


def make_kernel(
    loss: str, student_temperature: float = 1.0, teacher_temperature: float = 1.0
) -> Kernel:
    """The kernel of a loss by its name in recipes.

    Args:
        student_temperature: divides the student's scores, but for bce, which speaks of them as
            they are.
        teacher_temperature: divides the teacher's, likewise.
    """
    temperatures = (student_temperature, teacher_temperature)
    kernels: dict[str, Kernel] = {
        "margin-mse": partial(_margins, kernel=margin_mse, temperatures=temperatures),
        "margin-mse-l1": partial(_margins, kernel=batch_l1_margin_mse, temperatures=temperatures),
        "kl": partial(_kl, temperatures=temperatures),
        "log-softmax-mse": partial(_log_mse, temperatures=temperatures),
        "cross-entropy": partial(_cross_entropy, temperature=student_temperature),
        "bce": _bce,
    }
    return kernels[loss]


def _margins(
    scores: Tensor,
    labels: Tensor,
    kernel: Callable[[Tensor, Tensor, Tensor], Tensor],
    temperatures: tuple[float, float],
) -> Tensor:
    """Margins of the first passage to each of the others, in one row."""
    scores, labels = scores / temperatures[0], labels / temperatures[1]
    positive = scores[:, :1].expand(-1, scores.shape[1] - 1).reshape(-1)
    margins = labels[:, :1] - labels[:, 1:]
    return kernel(positive, scores[:, 1:].reshape(-1), margins.reshape(-1))


def _kl(scores: Tensor, labels: Tensor, temperatures: tuple[float, float]) -> Tensor:
    student, teacher = temperatures
    return listwise_kl(scores, labels, student_temperature=student, teacher_temperature=teacher)


def _log_mse(scores: Tensor, labels: Tensor, temperatures: tuple[float, float]) -> Tensor:
    student, teacher = temperatures
    return log_softmax_mse(scores, labels, student_temperature=student, teacher_temperature=teacher)


def _cross_entropy(scores: Tensor, labels: Tensor, temperature: float) -> Tensor:  # noqa: ARG001
    return listwise_cross_entropy(scores, temperature=temperature)


def _bce(scores: Tensor, labels: Tensor) -> Tensor:
    return soft_bce(scores.reshape(-1), labels.reshape(-1))
