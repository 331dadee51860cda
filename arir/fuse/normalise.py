"""Put the scores of runs on one scale, topic by topic: what is missing then counts 0.

Every scale but ``none`` begins at 0, so that a passage that a run lacks is never better off than
one that it retrieved.
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from arir.fuse.pool import Floats, Ints

__all__ = ["Normalisation", "normalised"]

Normalisation = Literal["min-max", "z-score", "rank", "none"]


def normalised(scores: Floats, ranks: Floats, bounds: Ints, how: Normalisation) -> Floats:
    """Normalise the scores of R runs over N pairs of topic and passage.

    ``min-max``
        (s - min) / (max - min), from 0 to 1; 1 where all scores of the topic are equal.
    ``z-score``
        (s - mean) / deviation, moved so that the topic's worst hit is 0 (Montague and Aslam, CIKM
        2001, move by 2 to the same end); 0 where all scores are equal.
    ``rank``
        1 - (rank - 1) / n for n hits of the topic (Renda and Straccia, SAC 2003).
    ``none``
        the scores as they are.

    Args:
        scores: shape (R, N), NaN where a run lacks a passage.
        ranks: shape (R, N).
        bounds: shape (T + 1,), the pairs of topic ``t`` are ``bounds[t]:bounds[t + 1]``; a topic
            has at least one pair.

    Returns:
        Shape (R, N), NaN where a run lacks a passage.

    >>> scores, ranks = np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 2.0, 3.0]])
    >>> normalised(scores, ranks, np.array([0, 3]), "min-max").tolist()
    [[1.0, 0.5, 0.0]]
    >>> normalised(scores, ranks, np.array([0, 3]), "rank").round(2).tolist()
    [[1.0, 0.67, 0.33]]
    """
    if how == "none":
        return scores
    sizes = np.diff(bounds)
    present = ~np.isnan(scores)
    count = np.add.reduceat(present, bounds[:-1], axis=1, dtype=np.int64)
    if how == "rank":
        ranked = 1.0 - (ranks - 1.0) / np.repeat(np.maximum(count, 1), sizes, axis=1)
        return np.where(present, ranked, np.nan)
    low = np.minimum.reduceat(np.where(present, scores, np.inf), bounds[:-1], axis=1)
    high = np.maximum.reduceat(np.where(present, scores, -np.inf), bounds[:-1], axis=1)
    above = scores - np.repeat(np.where(count > 0, low, 0.0), sizes, axis=1)
    if how == "min-max":
        spread = np.repeat(np.where(high > low, high - low, 0.0), sizes, axis=1)
        return _divided(above, spread, 1.0)
    return _divided(above, np.repeat(_deviation(scores, bounds, count), sizes, axis=1), 0.0)


def _deviation(scores: Floats, bounds: Ints, count: Ints) -> Floats:
    """The standard deviation of each topic's scores, shape (R, T)."""
    sizes, known = np.diff(bounds), np.maximum(count, 1)
    mean = np.add.reduceat(np.nan_to_num(scores), bounds[:-1], axis=1) / known
    apart = np.nan_to_num(scores - np.repeat(mean, sizes, axis=1)) ** 2
    deviation: Floats = np.sqrt(np.add.reduceat(apart, bounds[:-1], axis=1) / known)
    return deviation


def _divided(values: Floats, divisor: Floats, otherwise: float) -> Floats:
    """Divide; what is divided by 0 becomes ``otherwise``, NaN stays."""
    result = np.where(np.isnan(values), np.nan, otherwise)
    np.divide(values, divisor, out=result, where=divisor > 0)
    return result
