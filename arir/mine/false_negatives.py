"""Tell likely false negatives by their scores: the positive-aware margins of NV-Retriever.

Moreira et al., "NV-Retriever: Improving text embedding models with effective hard-negative mining"
(arXiv:2407.15831) drop a candidate that a teacher scores nearly as high as the positive, or higher.
``mine_hard_negatives`` of sentence-transformers has the same two margins.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["false_negatives", "highest_score"]


def highest_score(
    positives: Sequence[float], margin: float | None, relative_margin: float | None
) -> float:
    """The highest score that a negative may have; infinite without a margin.

    With ``p`` the lowest score of a positive it is the lesser of ``p - margin`` and
    ``p - relative_margin * |p|``. For positive scores the latter is ``p * (1 - relative_margin)``;
    that form would *raise* the bar above ``p`` where ``p`` is below 0, as logits often are.

    Args:
        positives: scores of the query's positives, at least one.
        margin: absolute, in the unit of the scores; ``None`` for no such bound.
        relative_margin: as a share of the positive's score; ``None`` for no such bound.

    >>> highest_score([8.0, 10.0], margin=1.0, relative_margin=None)
    7.0
    >>> highest_score([-2.0], margin=None, relative_margin=0.05)
    -2.1
    """
    lowest = min(positives)
    bounds = [math.inf]
    if margin is not None:
        bounds.append(lowest - margin)
    if relative_margin is not None:
        bounds.append(lowest - relative_margin * abs(lowest))
    return min(bounds)


def false_negatives(scores: NDArray[np.float64], highest: float) -> NDArray[np.bool_]:
    """Which candidates score too high; shape (candidates,). NaN, an unknown score, is not one.

    >>> false_negatives(np.array([7.5, 7.0, np.nan]), 7.0).tolist()
    [True, False, False]
    """
    above: NDArray[np.bool_] = scores > highest
    return above
