"""How much each token of a sentence counts in optimal transport."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_mask, check_positive, check_same_shape, full_precision

__all__ = ["check_marginals", "smoothed_idf", "token_marginal"]


def token_marginal(mask: Tensor, weights: Tensor | None = None) -> Tensor:
    """The mass of each token: uniform over the real tokens, or proportional to their weights.

    Args:
        mask: True for real tokens, shape (B, n).
        weights: not negative, shape (B, n), such as :func:`smoothed_idf` of the tokens; those of
            padding are ignored.

    Returns:
        Float tensor of shape (B, n); each row sums to one and padding has zero. A sentence without
        a real token, or with zero weights alone, has zeros.

    Raises:
        ValueError: where shapes differ, or a weight of a real token is negative, NaN or infinite
            (not looked at on an accelerator).

    >>> mask = torch.tensor([[True, True, False]])
    >>> token_marginal(mask)
    tensor([[0.5000, 0.5000, 0.0000]])
    >>> token_marginal(mask, torch.tensor([[3.0, 1.0, 5.0]]))
    tensor([[0.7500, 0.2500, 0.0000]])
    """
    if weights is None:
        weights = torch.ones(mask.shape, device=mask.device)
    check_same_shape(2, mask=mask, weights=weights)
    mass = full_precision(weights.detach()).masked_fill(~mask.bool(), 0.0)
    if mass.device.type == "cpu" and not bool(((mass >= 0) & torch.isfinite(mass)).all()):
        raise ValueError("token weights must be finite and not negative")
    total = mass.sum(dim=1, keepdim=True)
    return mass / total.masked_fill(total == 0, 1.0)


def smoothed_idf(document_frequencies: Tensor, documents: int) -> Tensor:
    """Inverse document frequency that is never zero: ``ln((1 + N) / (1 + df)) + 1``.

    Args:
        document_frequencies: how many of the documents hold each token, any shape.
        documents: ``N``, the number of documents.

    Returns:
        Weights of at least 1, in the shape of ``document_frequencies``.

    Raises:
        ValueError: where there are no documents, or a frequency lies outside 0 ... N.

    Reference:
        The smoothed form of scikit-learn's ``TfidfTransformer``.

    >>> smoothed_idf(torch.tensor([9, 0]), 9)
    tensor([1.0000, 3.3026])
    """
    check_positive(documents=documents)
    frequencies = full_precision(document_frequencies)
    if bool(((frequencies < 0) | (frequencies > documents)).any()):
        raise ValueError(f"document frequencies must lie between 0 and {documents}")
    return torch.log((1 + documents) / (1 + frequencies)) + 1


def check_marginals(cost: Tensor, source: Tensor, target: Tensor) -> None:
    """Refuse marginals that do not fit the cost.

    Raises:
        ValueError: unless the shapes are (B, n, m), (B, n) and (B, m).
    """
    if cost.dim() != 3:
        raise ValueError(f"cost has shape {tuple(cost.shape)}, expected (B, n, m)")
    check_mask(source, (cost.shape[0], cost.shape[1]), "source marginal")
    check_mask(target, (cost.shape[0], cost.shape[2]), "target marginal")
