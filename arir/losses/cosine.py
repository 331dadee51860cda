"""Cosines between all rows of two sets of vectors."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import full_precision, no_autocast

__all__ = ["cosine_matrix"]


def cosine_matrix(x: Tensor, y: Tensor) -> Tensor:
    """Cosine of every row of ``x`` with every row of ``y``, at least in single precision.

    Args:
        x: shape (..., n, D).
        y: shape (..., m, D).

    Returns:
        Shape (..., n, m). A zero vector has cosine zero with everything.

    Raises:
        ValueError: where the vectors' dimensions differ.

    >>> cosine_matrix(torch.tensor([[3.0, 4.0]]), torch.tensor([[1.0, 0.0], [0.0, -2.0]]))
    tensor([[ 0.6000, -0.8000]])
    """
    if x.shape[-1] != y.shape[-1]:
        raise ValueError(f"vectors have {x.shape[-1]} and {y.shape[-1]} dimensions")
    with no_autocast(x):
        rows = torch.nn.functional.normalize(full_precision(x), dim=-1)
        columns = torch.nn.functional.normalize(full_precision(y), dim=-1)
        return rows @ columns.transpose(-2, -1)
