"""OPTICAL: optimal-transport distillation of token vectors on translated sentences.

With ``X`` the teacher's tokens of a sentence, ``Y`` the student's of its translation, and marginals
``mu``, ``nu``::

    C_ij = 1 - cos(X_i, Y_j)
    T    = argmin over {T >= 0, T 1 = mu, T^T 1 = nu} of <T, C>
    L    = 1/B * sum_b <T_b, C_b>

Huang, Yu and Allan, "Improving Cross-lingual Information Retrieval on Low-Resource Languages via
Optimal Transport Distillation", WSDM 2023 (arXiv 2301.12566). Its solver's settings, and whether
its plan is a constant, are not established.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from arir.losses.checks import check_mask, no_autocast
from arir.losses.cosine import cosine_matrix
from arir.losses.ipot import ipot
from arir.losses.marginals import token_marginal

__all__ = ["Solver", "optimal_transport_loss", "transport_cost"]

#: (cost (B, n, m), source marginal (B, n), target marginal (B, m)) -> plans (B, n, m)
Solver = Callable[[Tensor, Tensor, Tensor], Tensor]


def optimal_transport_loss(
    source: Tensor,
    target: Tensor,
    source_mask: Tensor | None = None,
    target_mask: Tensor | None = None,
    *,
    source_weights: Tensor | None = None,
    target_weights: Tensor | None = None,
    solver: Solver = ipot,
    differentiate: bool = False,
) -> Tensor:
    """Cost of moving the teacher's token vectors onto the student's, averaged over sentence pairs.

    The module's docstring has the equations and their source.

    Args:
        source: the frozen teacher's token vectors, shape (B, n, D).
        target: the student's token vectors, shape (B, m, D).
        source_mask: True for real tokens, shape (B, n); all by default.
        target_mask: shape (B, m).
        source_weights: not negative, shape (B, n), such as idf; uniform by default.
        target_weights: shape (B, m).
        solver: :func:`arir.losses.ipot.ipot` or :func:`arir.losses.sinkhorn.sinkhorn`, with other
            settings through ``functools.partial``.
        differentiate: also let gradients flow through the solver. Otherwise the plan is a constant
            and the gradient is ``sum_ij T_ij dC_ij``, which is exact for an exact plan (the
            envelope theorem) and much cheaper.

    Returns:
        The loss, a tensor without dimensions, in [0, 2]. A pair of which a side has no real token
        counts as zero.

    Raises:
        ValueError: for shapes that do not fit, and as the solver.

    >>> teacher = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> swapped = torch.tensor([[[0.0, 2.0], [3.0, 0.0]]])
    >>> float(optimal_transport_loss(teacher, swapped)) < 1e-6
    True
    >>> idf = torch.tensor([[3.0, 1.0]])
    >>> optimal_transport_loss(teacher, teacher[:, :1], source_weights=idf)
    tensor(0.2500)
    """
    _check_tokens(source, target)
    with no_autocast(source):
        cost = transport_cost(source, target)
        mu = token_marginal(_mask(source_mask, source, "source_mask"), source_weights)
        nu = token_marginal(_mask(target_mask, target, "target_mask"), target_weights)
        if differentiate:
            plan = solver(cost, mu, nu)
        else:
            with torch.no_grad():
                plan = solver(cost, mu, nu)
        return (plan * cost).sum(dim=(1, 2)).mean()


def transport_cost(source: Tensor, target: Tensor) -> Tensor:
    """Cosine distances ``1 - cos`` of all token pairs; (B, n, D) and (B, m, D) give (B, n, m)."""
    return 1 - cosine_matrix(source, target)


def _check_tokens(source: Tensor, target: Tensor) -> None:
    if source.dim() != 3 or target.dim() != 3 or len(source) != len(target):
        raise ValueError(
            f"source has shape {tuple(source.shape)}, target {tuple(target.shape)}, expected"
            " (B, n, D) and (B, m, D)"
        )


def _mask(mask: Tensor | None, tokens: Tensor, name: str) -> Tensor:
    if mask is None:
        return torch.ones(tokens.shape[:2], dtype=torch.bool, device=tokens.device)
    return check_mask(mask, tuple(tokens.shape[:2]), name)
