"""What a teacher-score store says of its scores as a whole, in one pass over its parts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arir.data.score_store_parts import Pairs

__all__ = ["Spread", "Summary", "spread_of", "summarise"]


@dataclass(frozen=True)
class Spread:
    """How far a teacher's scores lie apart within the list of a query.

    Attributes:
        margin_deviation: root of the mean squared difference of two passages of a query, every
            query counted alike: the size of the margins that MarginMSE teaches.
        lists: queries with at least two passages; others have no margin.
        constant: lists whose scores are all the same.
    """

    margin_deviation: float
    lists: int
    constant: int


def spread_of(scores: NDArray[np.float32], starts: NDArray[np.intp]) -> Spread:
    """Measure the spread of N scores in lists that begin at ``starts``, shape (lists,).

    The mean squared difference of two of n values is twice their unbiased variance.

    >>> spread_of(np.array([1, 3, 7, 5, 5], dtype=np.float32), np.array([0, 2, 3]))
    Spread(margin_deviation=1.4142135623730951, lists=2, constant=1)
    """
    if not len(scores):
        return Spread(0.0, 0, 0)
    sizes = np.diff([*starts.tolist(), len(scores)])
    values = scores.astype(np.float64)
    means = np.add.reduceat(values, starts) / sizes
    squares = np.add.reduceat((values - np.repeat(means, sizes)) ** 2, starts)
    several = sizes >= 2
    if not several.any():
        return Spread(0.0, 0, 0)
    squared_margins = 2 * squares[several] / (sizes[several] - 1)
    level = np.maximum.reduceat(values, starts) == np.minimum.reduceat(values, starts)
    deviation = float(np.sqrt(squared_margins.mean()))
    return Spread(deviation, int(several.sum()), int((level & several).sum()))


@dataclass(frozen=True)
class Summary:
    """A store as a whole.

    Attributes:
        pairs: scored pairs.
        queries: distinct queries.
        passages: distinct passages.
        minimum: the lowest score.
        maximum: the highest score.
        mean: of all scores.
        spread: within the lists.
        contents: SHA-256 of all pairs in their order, however they are cut into parts.
    """

    pairs: int
    queries: int
    passages: int
    minimum: float
    maximum: float
    mean: float
    spread: Spread
    contents: str


def summarise(parts: Iterable[Pairs]) -> Summary:
    """Go through all parts once; in memory stay a number a pair and the distinct passage ids."""
    passages: set[str] = set()
    scores, starts = [], []
    hashes = [hashlib.sha256() for _ in range(3)]
    last, count = None, 0
    for part in parts:
        passages.update(part.passage_ids)
        _feed(hashes, part)
        begins = part.starts
        # A list that goes over the boundary of two parts begins in the first.
        if last == part.query_ids[int(part.query[0])]:
            begins = begins[1:]
        starts.append(begins + count)
        scores.append(part.scores)
        last, count = part.query_ids[int(part.query[-1])], count + len(part)
    values, places = np.concatenate(scores), np.concatenate(starts)
    whole = hashlib.sha256("".join(part.hexdigest() for part in hashes).encode())
    return Summary(
        pairs=count,
        queries=len(places),
        passages=len(passages),
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(values.mean(dtype=np.float64)),
        spread=spread_of(values, places),
        contents=whole.hexdigest(),
    )


def _feed(hashes: list[hashlib._Hash], part: Pairs) -> None:
    """Add a part's query ids, passage ids and scores to a hash each."""
    ids = ((part.query_ids, part.query), (part.passage_ids, part.passage))
    for known, (names, places) in zip(hashes, ids, strict=False):
        known.update("".join(f"{names[place]}\n" for place in places.tolist()).encode())
    hashes[2].update(part.scores.astype("<f4").tobytes())
