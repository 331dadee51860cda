"""Score pairs of a query and a passage a block at a time, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["Pair", "score_in_blocks"]

Pair = tuple[str, str]
#: pairs that are tokenised and sorted together
BLOCK = 16_384


def score_in_blocks(
    pairs: Sequence[Pair], score: Callable[[Sequence[Pair]], NDArray[np.float32]]
) -> NDArray[np.float32]:
    """The scores of all pairs, in their order; shape (pairs,).

    Args:
        score: of a block of pairs; shape (pairs of the block,).

    >>> lengths = lambda block: np.array([len(passage) for _, passage in block])
    >>> score_in_blocks([("q", "a"), ("q", "abc")], lengths)
    array([1., 3.], dtype=float32)
    """
    scores = np.empty(len(pairs), dtype=np.float32)
    for start in range(0, len(pairs), BLOCK):
        block = pairs[start : start + BLOCK]
        scores[start : start + len(block)] = score(block)
    return scores
