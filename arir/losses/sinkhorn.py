"""Sinkhorn's algorithm in the log domain: entropic transport plans for a padded batch at once."""

from __future__ import annotations

import torch
from torch import Tensor

from arir.losses.checks import check_positive, full_precision
from arir.losses.marginals import check_marginals

__all__ = ["sinkhorn"]

#: iterations between two looks at the convergence, each of which makes an accelerator wait
CHECK_EVERY = 10


def sinkhorn(
    cost: Tensor,
    source: Tensor,
    target: Tensor,
    *,
    epsilon: float = 0.05,
    iterations: int = 200,
    tolerance: float = 1e-4,
) -> Tensor:
    """Transport plan of least cost minus ``epsilon`` times its entropy.

    With ``K = -C / epsilon`` and ``LSE`` the logarithm of a sum of exponentials, repeat::

        u = log mu - LSE_j(K + v) ;  v = log nu - LSE_i(K + u) ;  T = exp(K + u + v)

    The target's marginal is met exactly, the source's within the tolerance. Unlike IPOT's, the plan
    keeps a spread that only a smaller ``epsilon`` and more iterations take away.

    Args:
        cost: shape (B, n, m); finite at padding too.
        source: ``mu``, shape (B, n), rows that sum to one, zero for padding.
        target: ``nu``, shape (B, m), the same.
        epsilon: strength of the entropy, in units of the cost.
        iterations: most iterations that are taken.
        tolerance: a pair stops as soon as its source marginal is met within this L1 distance; 0
            takes all iterations. Pairs stop one by one, so that no plan depends on its batch.

    Returns:
        Plans, shape (B, n, m), in at least single precision; zero at padding, and everywhere for a
        pair of which a side is empty.

    Raises:
        ValueError: for wrong shapes, an ``epsilon`` or a count that is not positive, or a negative
            tolerance.

    Reference:
        Cuturi, "Sinkhorn Distances", NeurIPS 2013; in the log domain, Peyre and Cuturi,
        "Computational Optimal Transport", 2019, section 4.4.

    >>> half = torch.tensor([[0.5, 0.5]])
    >>> sinkhorn(torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]), half, half, epsilon=1.0)
    tensor([[[0.3655, 0.1345],
             [0.1345, 0.3655]]])
    """
    check_positive(epsilon=epsilon, iterations=iterations)
    check_marginals(cost, source, target)
    if not tolerance >= 0:
        raise ValueError(f"tolerance must not be negative, not {tolerance}")
    scaled = -full_precision(cost) / epsilon
    mu, nu = source.to(scaled), target.to(scaled)
    real = (mu > 0).unsqueeze(2) & (nu > 0).unsqueeze(1)
    empty = ~real.flatten(1).any(dim=1).unsqueeze(1)
    plan = _iterate(scaled, _filled(mu, empty), _filled(nu, empty), iterations, tolerance)
    return plan.masked_fill(~real, 0.0)


def _filled(marginal: Tensor, empty: Tensor) -> Tensor:
    """Uniform mass in place of an empty pair's, so that no logarithm of zero spreads."""
    return marginal.masked_fill(empty, 1 / marginal.shape[1])


def _iterate(K: Tensor, mu: Tensor, nu: Tensor, iterations: int, tolerance: float) -> Tensor:
    log_mu, log_nu = mu.log().unsqueeze(2), nu.log().unsqueeze(1)
    u, v = torch.zeros_like(log_mu), torch.zeros_like(log_nu)
    v = v.masked_fill(torch.isinf(log_nu), -torch.inf)
    active = torch.ones_like(u[:, :1], dtype=torch.bool)
    for iteration in range(1, iterations + 1):
        new_u = log_mu - torch.logsumexp(K + v, dim=2, keepdim=True)
        if tolerance > 0 and iteration % CHECK_EVERY == 0:
            active = active & (_source_error(mu, u, new_u) > tolerance)
            if not bool(active.any()):
                break
        u = torch.where(active, new_u, u)
        v = log_nu - torch.logsumexp(K + u, dim=1, keepdim=True)
    return torch.exp(K + u + v)


def _source_error(mu: Tensor, u: Tensor, new_u: Tensor) -> Tensor:
    """L1 distance of the present plan's row sums from ``mu``; shape (B, 1, 1).

    The next update is ``new_u = u + log(mu / row sums)``, so the sums need not be taken again.
    """
    surplus = (torch.exp((u - new_u).detach()) - 1).abs() * mu.unsqueeze(2)
    return surplus.masked_fill((mu == 0).unsqueeze(2), 0.0).sum(dim=1, keepdim=True)
