"""Distributions over the candidates of a query, where lists may be of different lengths."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_mask, full_precision

__all__ = ["candidate_log_softmax", "check_candidates"]


def check_candidates(scores: Tensor, mask: Tensor | None) -> Tensor:
    """Refuse scores that are no lists of candidates, and give the mask back as booleans.

    Raises:
        ValueError: unless ``scores`` has shape (B, N) with N >= 2 and ``mask`` the same: a softmax
            over one candidate is constant, so that its loss and gradient would be zero.
    """
    if scores.dim() != 2 or scores.shape[1] < 2:
        raise ValueError(
            f"scores have shape {tuple(scores.shape)}, expected (B, N) with at least 2 candidates"
        )
    if mask is None:
        return torch.ones_like(scores, dtype=torch.bool)
    return check_mask(mask, tuple(scores.shape), "mask")


def candidate_log_softmax(scores: Tensor, mask: Tensor, temperature: float = 1.0) -> Tensor:
    """Logarithm of the softmax over the candidates that exist, at least in single precision.

    Args:
        scores: shape (B, N).
        mask: booleans, True where a candidate exists, shape (B, N).
        temperature: the scores are divided by it.

    Returns:
        Log-probabilities, shape (B, N); 0 where no candidate exists, with no gradient there. A list
        without any candidate is all zeros instead of NaN.

    >>> candidate_log_softmax(torch.tensor([[0.0, 0.0, 9.0]]), torch.tensor([[True, True, False]]))
    tensor([[-0.6931, -0.6931,  0.0000]])
    """
    empty = ~mask.any(dim=1, keepdim=True)
    logits = full_precision(scores).masked_fill(~mask, -torch.inf).masked_fill(empty, 0.0)
    return torch.log_softmax(logits / temperature, dim=1).masked_fill(~mask, 0.0)
