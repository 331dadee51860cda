"""Which n of a query's passages make a training example."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["hard_list", "scored_list"]


def scored_list(
    scores: NDArray[np.float32],
    nway: int,
    sampling: Literal["random", "top", "mixed"],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Choose n of the passages that a teacher scored, best first.

    Args:
        scores: the teacher's, shape (m,), m >= nway.
        sampling: ``top`` takes the best; ``random`` draws evenly, as the released
            Translate-Distill models; ``mixed`` takes the best one and draws the others.

    Returns:
        Places in ``scores``, shape (nway,), by falling score.

    >>> scored_list(np.float32([0.1, 0.9, 0.5]), 2, "top", np.random.default_rng(0)).tolist()
    [1, 2]
    """
    order: NDArray[np.int64] = np.argsort(-scores, kind="stable")
    if sampling == "top":
        return order[:nway]
    best = 1 if sampling == "mixed" else 0
    drawn = best + generator.permutation(len(order) - best)[: nway - best]
    chosen: NDArray[np.int64] = np.sort(np.concatenate([np.arange(best), drawn]))
    return order[chosen]


def hard_list(
    positives: NDArray[np.int64],
    negatives: NDArray[np.int64],
    nway: int,
    sampling: Literal["random", "top", "mixed"],
    generator: np.random.Generator,
) -> NDArray[np.int64]:
    """Choose one relevant passage, which comes first, and n - 1 others.

    Args:
        positives: at least one, shape (p,).
        negatives: the hardest first, at least ``nway - 1``, shape (q,).
        sampling: ``top`` takes the hardest negatives; the others draw them evenly.

    Returns:
        Shape (nway,).
    """
    positive = positives[generator.integers(len(positives))]
    if sampling == "top":
        chosen = negatives[: nway - 1]
    else:
        chosen = negatives[np.sort(generator.permutation(len(negatives))[: nway - 1])]
    return np.concatenate([[positive], chosen])
