"""The order in which trec_eval reads a run, so that written ranks and measured ranks agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["order_ties", "topic_order"]


def topic_order(
    scores: NDArray[np.floating], docids: NDArray[np.object_], *, ordered: bool = False
) -> NDArray[np.intp]:
    """Positions of one topic's hits by score, then by docid, both descending.

    trec_eval ignores the rank column, reads scores in single precision, and breaks ties by docid,
    the greater first; docids compare by code point, which is the order of their UTF-8 bytes.

    Args:
        scores: shape (hits,); compared in single precision.
        docids: shape (hits,), strings.
        ordered: the scores fall already; only ties are looked at.

    >>> topic_order(np.array([1.0, 3.0, 1.0]), np.array(["a", "b", "c"], dtype=object)).tolist()
    [1, 2, 0]
    """
    single = scores.astype(np.float32, copy=False)
    order = np.arange(len(single)) if ordered else np.argsort(-single, kind="stable")
    single = single[order]
    changes = np.flatnonzero(single[1:] != single[:-1]) + 1
    edges = np.concatenate([[0], changes, [len(single)]])
    for group in np.flatnonzero(np.diff(edges) > 1):
        part = slice(edges[group], edges[group + 1])
        order[part] = sorted(order[part], key=docids.__getitem__, reverse=True)
    return order


def order_ties(scores: NDArray[np.float32], docids: NDArray[np.object_]) -> None:
    """Bring the ties of every row into trec_eval's order, in place.

    Args:
        scores: shape (topics, hits), falling in every row.
        docids: shape (topics, hits).
    """
    tied = (scores[:, 1:] == scores[:, :-1]).any(axis=1)
    for row in np.flatnonzero(tied):
        docids[row] = docids[row, topic_order(scores[row], docids[row], ordered=True)]
