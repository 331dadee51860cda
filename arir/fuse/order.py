"""The order in which trec_eval ranks, for many topics at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["trec_order"]

Ints = NDArray[np.int64]

#: bits of a 64-bit key: 8 for the topic, 32 for the score, 24 for the place of the id
TOPIC_BITS, PLACE_BITS = 8, 24


def trec_order(topic: Ints, score: NDArray[np.float32], place: Ints) -> Ints:
    """Positions by topic, then score and docid, both descending.

    Args:
        topic: shape (N,), from 0.
        score: shape (N,), single precision, finite or not, but no NaN.
        place: shape (N,), the place of each docid in the order of bytes; no pair of topic and place
            twice.

    >>> topic, place = np.array([0, 0, 0, 1]), np.array([5, 4, 6, 0])
    >>> trec_order(topic, np.float32([1, 2, 2, 9]), place).tolist()
    [2, 1, 0, 3]
    """
    if topic.max(initial=0) >= 1 << TOPIC_BITS or place.max(initial=0) >= 1 << PLACE_BITS:
        return np.lexsort((-place, -score, topic))
    # One sort of whole numbers is several times faster than a sort by three columns. The bits of a
    # float order like a whole number, once those of negative ones are turned; -0.0 becomes 0.0.
    bits = (score + np.float32(0)).view(np.int32).astype(np.int64)
    ascending = bits ^ ((bits >> 31) & 0x7FFFFFFF)
    key = topic.astype(np.uint64) << np.uint64(64 - TOPIC_BITS)
    key |= (0x7FFFFFFF - ascending).astype(np.uint64) << np.uint64(PLACE_BITS)
    key |= ((1 << PLACE_BITS) - 1 - place).astype(np.uint64)
    return np.argsort(key)
