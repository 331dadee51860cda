"""Anserini's way with equal scores, so that our runs are its runs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["adjust_ties"]


def adjust_ties(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """Round scores to four decimals and lower each further one of a tie by another millionth.

    What Anserini's ``ScoreTiesAdjusterReranker`` does, in single precision as there: evaluation
    tools that break ties by docid then keep the order of the ranking.

    Args:
        scores: of one ranking, best first; shape (hits,).

    >>> adjust_ties(np.array([2.50004, 2.50003, 1.0], dtype=np.float32)).astype(float).round(6)
    array([2.5     , 2.499999, 1.      ])
    """
    # floor(x + 1/2) is Java's Math.round
    adjusted = (np.floor(scores.astype(np.float64) * 1e4 + 0.5) / 1e4).astype(np.float32)
    tie, step = np.float32(1e-4), np.float32(1e-6)
    if np.all(adjusted[:-1] - adjusted[1:] > tie):
        return adjusted
    equal = 0
    for rank in range(1, len(adjusted)):
        if adjusted[rank - 1] - adjusted[rank] > tie:
            equal = 0
        else:
            equal += 1
            adjusted[rank] -= step * np.float32(equal)
    return adjusted
