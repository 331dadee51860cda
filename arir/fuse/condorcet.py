"""Fusion by majority votes between pairs of passages."""

from __future__ import annotations

import numpy as np

from arir.fuse.pool import Floats, Ints

__all__ = ["condorcet"]

#: pairs that are compared together
PAIRS = 1 << 20
LAST = 1e15


def condorcet(ranks: Floats, bounds: Ints, weights: Floats) -> Floats:
    """Condorcet-fuse (Montague and Aslam, CIKM 2002): won minus lost pairwise elections.

    A run votes for the passage that it ranks higher; one that it lacks is below all that it has. A
    sort by single elections, as in the paper, depends on the input order where majorities go round
    in a circle; the number of elections won (Copeland) agrees with it elsewhere.

    Args:
        ranks: shape (R, N), from 1, infinite where a run lacks a passage.
        bounds: shape (T + 1,), the passages of topic ``t`` are ``bounds[t]:bounds[t + 1]``.
        weights: shape (R, 1), the votes of each run.

    Returns:
        Shape (N,); elections won minus elections lost.

    >>> condorcet(np.array([[1.0, 2.0, 3.0], [2.0, 1.0, np.inf], [1.0, 3.0, 2.0]]),
    ...           np.array([0, 3]), np.ones((3, 1))).tolist()
    [2.0, 0.0, -2.0]
    """
    # Far below every rank, and yet equal to each other: two passages that a run lacks.
    known = np.where(np.isinf(ranks), LAST, ranks)
    fused = np.zeros(ranks.shape[1])
    for start, stop in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        fused[start:stop] = _elections(known[:, start:stop], weights[:, 0])
    return fused


def _elections(ranks: Floats, votes: Floats) -> Floats:
    """Elections won minus lost by each of the n passages of one topic, shape (n,)."""
    passages = ranks.shape[1]
    step = max(PAIRS // passages, 1)
    balance = np.zeros(passages)
    for first in range(0, passages, step):
        some = ranks[:, first : first + step]
        majority = np.zeros((some.shape[1], passages))
        for mine, others, vote in zip(some, ranks, votes, strict=True):
            majority += vote * np.sign(others[None, :] - mine[:, None])
        balance[first : first + step] = np.sign(majority).sum(axis=1)
    return balance
