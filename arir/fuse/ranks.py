"""Fusion by ranks: reciprocal ranks and Borda counts, whatever the scales of the scores.

All take ``ranks``, from 1 and infinite where a run lacks a passage, shape (R, N), and ``weights``
of shape (R, 1), and give the fused scores, shape (N,).
"""

from __future__ import annotations

import numpy as np

from arir.fuse.pool import Floats, Ints

__all__ = ["borda", "inverse_square_rank", "log_inverse_square_rank", "reciprocal_rank_fusion"]

#: keeps the passages of a single run in order (Mourão et al. 2014)
SIGMA = 0.01


def reciprocal_rank_fusion(ranks: Floats, weights: Floats, k: float = 60.0) -> Floats:
    """RRF = sum_r w_r / (k + rank_r) (Cormack, Clarke and Büttcher, SIGIR 2009).

    >>> reciprocal_rank_fusion(np.array([[1.0, np.inf], [4.0, 2.0]]), np.ones((2, 1)), k=0).tolist()
    [1.25, 0.5]
    """
    fused: Floats = (weights / (k + ranks)).sum(axis=0)
    return fused


def inverse_square_rank(ranks: Floats, weights: Floats) -> Floats:
    """ISR = n sum_r w_r / rank_r^2, n runs having the passage.

    Mourão, Martins and Magalhães (Computerized Medical Imaging and Graphics, 2015).

    >>> inverse_square_rank(np.array([[1.0, np.inf], [2.0, 2.0]]), np.ones((2, 1))).tolist()
    [2.5, 0.25]
    """
    fused: Floats = np.isfinite(ranks).sum(axis=0) * (weights / ranks**2).sum(axis=0)
    return fused


def log_inverse_square_rank(ranks: Floats, weights: Floats) -> Floats:
    """logN_ISR = log(n + 0.01) sum_r w_r / rank_r^2 (the same authors).

    Without the 0.01 all passages that one run alone has would tie at 0.

    >>> log_inverse_square_rank(np.array([[1.0], [2.0]]), np.ones((2, 1))).round(4).tolist()
    [0.8727]
    """
    found = np.isfinite(ranks).sum(axis=0)
    fused: Floats = np.log(found + SIGMA) * (weights / ranks**2).sum(axis=0)
    return fused


def borda(ranks: Floats, bounds: Ints, weights: Floats) -> Floats:
    """Borda count: c - rank + 1 points each, for c candidates (Aslam and Montague, SIGIR 2001).

    The candidates of a topic are the passages that any run has; those that a run lacks share the
    points that it has left over evenly.

    Args:
        bounds: shape (T + 1,), the candidates of topic ``t`` are ``bounds[t]:bounds[t + 1]``.

    >>> ranks = np.array([[1.0, 2.0, np.inf], [1.0, np.inf, np.inf]])
    >>> borda(ranks, np.array([0, 3]), np.ones((2, 1)))
    array([6. , 3.5, 2.5])
    """
    sizes = np.diff(bounds)
    ranked = np.add.reduceat(np.isfinite(ranks), bounds[:-1], axis=1, dtype=np.int64)
    candidates = np.repeat(sizes, sizes)
    left_over = (candidates - np.repeat(ranked, sizes, axis=1) + 1) / 2.0
    points = np.where(np.isfinite(ranks), candidates - ranks + 1.0, left_over)
    fused: Floats = (weights * points).sum(axis=0)
    return fused
