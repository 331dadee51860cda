"""Token vectors of forward passes of different widths, put together and trimmed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["stacked", "without_padding"]


def stacked(passes: Sequence[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """The texts of all passes, padded to the longest.

    Args:
        passes: token vectors, shape (texts, width, D), and which of them count, (texts, width).

    Returns:
        Vectors, shape (all texts, W, D), and booleans of shape (all texts, W).
    """
    width = max(vectors.shape[1] for vectors, _ in passes)
    vectors = [_widened(vectors, width) for vectors, _ in passes]
    masks = [_widened(mask, width) for _, mask in passes]
    return torch.cat(vectors), torch.cat(masks)


def without_padding(vectors: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Token vectors and mask up to the last column in which a text has a token that counts.

    Queries that were padded to the width of passages cost several times the products otherwise.

    >>> mask = torch.tensor([[True, False, False], [True, True, False]])
    >>> [tuple(part.shape) for part in without_padding(torch.zeros(2, 3, 4), mask)]
    [(2, 2, 4), (2, 2)]
    """
    columns = mask.any(dim=0).nonzero()
    width = int(columns[-1]) + 1 if len(columns) else 1
    return vectors[:, :width], mask[:, :width]


def _widened(tensor: Tensor, width: int) -> Tensor:
    """Pad the second dimension with zeros (False)."""
    missing = width - tensor.shape[1]
    if not missing:
        return tensor
    after = [0, 0] * (tensor.dim() - 2) + [0, missing]
    return torch.nn.functional.pad(tensor, after)
