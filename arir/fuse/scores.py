"""Fusion by scores: the Comb family (Fox and Shaw, TREC-2 1993) and weighted interpolation.

All take ``values``, the normalised scores of R runs over N passages, shape (R, N), NaN where a run
lacks a passage, and give the fused scores, shape (N,). ``weights`` has shape (R, 1).
"""

from __future__ import annotations

import numpy as np

from arir.fuse.pool import Floats

__all__ = [
    "comb_anz",
    "comb_max",
    "comb_med",
    "comb_min",
    "comb_mnz",
    "comb_sum",
    "interpolation",
]


def comb_sum(values: Floats, weights: Floats) -> Floats:
    """CombSUM = sum_r w_r s_r over the runs that retrieved the passage.

    >>> comb_sum(np.array([[0.5, 1.0], [0.25, np.nan]]), np.ones((2, 1))).tolist()
    [0.75, 1.0]
    """
    fused: Floats = np.nansum(values * weights, axis=0)
    return fused


def comb_mnz(values: Floats, weights: Floats) -> Floats:
    """CombMNZ = CombSUM times the number of runs that retrieved the passage.

    >>> comb_mnz(np.array([[0.5, 1.0], [0.25, np.nan]]), np.ones((2, 1))).tolist()
    [1.5, 1.0]
    """
    fused: Floats = comb_sum(values, weights) * np.count_nonzero(~np.isnan(values), axis=0)
    return fused


def comb_anz(values: Floats) -> Floats:
    """CombANZ: the mean over the runs that retrieved the passage.

    >>> comb_anz(np.array([[0.5, 1.0], [0.25, np.nan]])).tolist()
    [0.375, 1.0]
    """
    mean: Floats = np.nanmean(values, axis=0)
    return mean


def comb_max(values: Floats) -> Floats:
    """CombMAX: the best score of the passage.

    >>> comb_max(np.array([[0.5, 1.0], [0.25, np.nan]])).tolist()
    [0.5, 1.0]
    """
    best: Floats = np.nanmax(values, axis=0)
    return best


def comb_min(values: Floats) -> Floats:
    """CombMIN: the worst score of the passage among the runs that retrieved it.

    >>> comb_min(np.array([[0.5, 1.0], [0.25, np.nan]])).tolist()
    [0.25, 1.0]
    """
    worst: Floats = np.nanmin(values, axis=0)
    return worst


def comb_med(values: Floats) -> Floats:
    """CombMED: the median over the runs that retrieved the passage.

    >>> comb_med(np.array([[0.5, 1.0], [0.25, np.nan], [0.0, 0.5]])).tolist()
    [0.25, 0.75]
    """
    # Missing scores sort behind all others, so the middle lies among the first n.
    ordered = np.sort(values, axis=0)
    found = np.count_nonzero(~np.isnan(values), axis=0)
    column = np.arange(values.shape[1])
    median: Floats = (ordered[(found - 1) // 2, column] + ordered[found // 2, column]) / 2.0
    return median


def interpolation(values: Floats, weights: Floats) -> Floats:
    """Interpolation = sum_r w_r s_r / sum_r w_r; a passage counts 0 in a run that lacks it.

    >>> interpolation(np.array([[0.5, 1.0], [0.25, np.nan]]), np.array([[3.0], [1.0]])).tolist()
    [0.4375, 0.75]
    """
    return comb_sum(values, weights / weights.sum(axis=0))
