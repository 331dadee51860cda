"""Per-topic values as systems produce them: bounded, skewed, with many ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def systems(count: int, topics: int, seed: int = 0, noise: float = 0.2) -> Floats:
    """Values in [0, 1] of ``count`` systems that share the topics' difficulty, one decimal."""
    rng = np.random.default_rng(seed)
    difficulty = rng.beta(0.6, 1.0, topics)
    return np.clip(difficulty + rng.normal(0, noise, (count, topics)), 0, 1).round(1)


def null_pairs(repetitions: int, topics: int, seed: int = 0) -> Floats:
    """Pairs of systems of which neither is better, shape (2 * repetitions, topics), no ties."""
    rng = np.random.default_rng(seed)
    difficulty = rng.beta(0.6, 1.0, (repetitions, topics))
    one, other = (difficulty + rng.normal(0, 0.2, (repetitions, topics)) for _ in range(2))
    return np.stack([one, other], axis=1).reshape(2 * repetitions, topics)


def consecutive(repetitions: int) -> list[tuple[int, int]]:
    return [(2 * place, 2 * place + 1) for place in range(repetitions)]
