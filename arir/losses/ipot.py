"""IPOT: optimal transport plans by inexact proximal point steps, for a padded batch at once."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_positive, full_precision, no_autocast
from arir.losses.marginals import check_marginals

__all__ = ["SMALLEST_BETA", "ipot"]

#: exp(-2 / beta), the smallest entry of the kernel for a cosine cost, must not underflow
SMALLEST_BETA = 0.05
#: steps between two looks at the convergence, each of which makes an accelerator wait
CHECK_EVERY = 10


def ipot(
    cost: Tensor,
    source: Tensor,
    target: Tensor,
    *,
    beta: float = 0.5,
    inner: int = 1,
    steps: int = 50,
    tolerance: float = 1e-4,
) -> Tensor:
    """Transport plan of least cost between two token sequences.

    Each step solves a problem that is regularised towards the last plan, so that the plan tends to
    the exact one whatever ``beta`` is. With ``G = exp(-C / beta)`` and ``T = 1``, repeat::

        Q = G * T ;  L times:  a = mu / (Q b),  b = nu / (Q^T a) ;  T = diag(a) Q diag(b)

    The target's marginal is met exactly, the source's in the limit.

    Args:
        cost: shape (B, n, m), of the order of a cosine distance (0 to 2); finite at padding too.
        source: ``mu``, shape (B, n), rows that sum to one, zero for padding.
        target: ``nu``, shape (B, m), the same.
        beta: step size of the proximal point: larger ones are steadier and slower.
        inner: ``L``, Sinkhorn iterations a step.
        steps: most steps that are taken.
        tolerance: a sentence pair stops as soon as a step moves less mass than this; 0 takes all
            steps. Pairs stop one by one, so that a plan does not depend on its batch.

    Returns:
        Plans, shape (B, n, m), in at least single precision; zero at padding, and everywhere for a
        pair of which a side is empty.

    Raises:
        ValueError: for wrong shapes, counts below one, a negative tolerance, or a ``beta`` below
            0.05, which underflows in single precision.

    Reference:
        Xie, Wang, Wang and Zha, "A Fast Proximal Point Method for Computing Exact Wasserstein
        Distance", UAI 2019 (arXiv 1802.04307), algorithm 1.

    >>> half = torch.tensor([[0.5, 0.5]])
    >>> ipot(torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]), half, half).round(decimals=3)
    tensor([[[0.5000, 0.0000],
             [0.0000, 0.5000]]])
    """
    check_positive(beta=beta, inner=inner, steps=steps)
    check_marginals(cost, source, target)
    if beta < SMALLEST_BETA:
        raise ValueError(f"beta must be at least {SMALLEST_BETA}, not {beta}; take more steps")
    if not tolerance >= 0:
        raise ValueError(f"tolerance must not be negative, not {tolerance}")
    with no_autocast(cost):
        mu, nu = source.to(full_precision(cost)), target.to(full_precision(cost))
        real = (mu > 0).unsqueeze(2) & (nu > 0).unsqueeze(1)
        kernel = torch.exp(-full_precision(cost) / beta).masked_fill(~real, 0.0)
        return _iterate(kernel, mu, nu, real, inner, steps, tolerance)


def _iterate(
    kernel: Tensor, mu: Tensor, nu: Tensor, real: Tensor, inner: int, steps: int, tolerance: float
) -> Tensor:
    plan = real.to(kernel.dtype)
    b = torch.ones_like(nu).unsqueeze(2)
    active = torch.ones_like(plan[:, :1, :1], dtype=torch.bool)
    for step in range(1, steps + 1):
        moved, b = _step(kernel * plan, mu.unsqueeze(2), nu.unsqueeze(2), b, inner)
        last, plan = plan, torch.where(active, moved, plan)
        if tolerance > 0 and step % CHECK_EVERY == 0:
            change = (plan - last).detach().abs().sum(dim=(1, 2), keepdim=True)
            active = active & (change > tolerance)
            if not bool(active.any()):
                break
    return plan


def _step(Q: Tensor, mu: Tensor, nu: Tensor, b: Tensor, inner: int) -> tuple[Tensor, Tensor]:
    """Scale ``Q`` towards both marginals; gives the plan and the scaling ``b`` for a warm start."""
    tiny = torch.finfo(Q.dtype).tiny
    a = mu
    for _ in range(inner):
        a = mu / (Q @ b).clamp_min(tiny)
        b = nu / (Q.transpose(1, 2) @ a).clamp_min(tiny)
    return a * Q * b.transpose(1, 2), b
