"""Teacher scores of a whole store in columns, and the checks that every list of them passes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arir.data.lines import check_id
from arir.data.score_store_parts import Pairs
from arir.errors import DataError

__all__ = ["ScoreColumns", "ScoredList", "checked_lists", "columns_of", "pairs_of"]

#: a query id, and its passage ids with their scores
ScoredList = tuple[str, list[tuple[str, float]]]

LARGEST = float(np.finfo(np.float32).max)


class ScoreColumns(NamedTuple):
    """N scored pairs in columns, those of a query beside each other.

    Attributes:
        query_ids: the distinct query ids, in the order in which they first come.
        passage_ids: the distinct passage ids, likewise.
        query: shape (N,), places in :attr:`query_ids`.
        passage: shape (N,), places in :attr:`passage_ids`.
        scores: shape (N,).
    """

    query_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    query: NDArray[np.int32]
    passage: NDArray[np.int32]
    scores: NDArray[np.float32]


def columns_of(parts: Iterable[Pairs]) -> ScoreColumns:
    """Put parts behind each other, with one numbering of the ids."""
    queries: dict[str, int] = {}
    passages: dict[str, int] = {}
    columns = [
        (
            _numbered(part.query_ids, queries)[part.query],
            _numbered(part.passage_ids, passages)[part.passage],
            part.scores,
        )
        for part in parts
    ]
    query, passage, scores = (np.concatenate([column[at] for column in columns]) for at in range(3))
    return ScoreColumns(
        tuple(queries),
        tuple(passages),
        query.astype(np.int32, copy=False),
        passage.astype(np.int32, copy=False),
        scores.astype(np.float32, copy=False),
    )


def _numbered(ids: Sequence[str], numbers: dict[str, int]) -> NDArray[np.int32]:
    """The number of each id, new ids being given the next ones."""
    found = (numbers.setdefault(identifier, len(numbers)) for identifier in ids)
    return np.fromiter(found, np.int32, len(ids))


def pairs_of(lists: Iterable[ScoredList], size: int) -> Iterator[Pairs]:
    """Cut lists into parts of ``size`` pairs; a long list may go over a boundary."""
    queries: list[str] = []
    passages: list[str] = []
    scores: list[float] = []
    for query, listed in lists:
        queries += [query] * len(listed)
        passages += [passage for passage, _ in listed]
        scores += [score for _, score in listed]
        while len(queries) >= size:
            yield _coded(queries[:size], passages[:size], scores[:size])
            del queries[:size], passages[:size], scores[:size]
    if queries:
        yield _coded(queries, passages, scores)


def _coded(queries: list[str], passages: list[str], scores: list[float]) -> Pairs:
    query_ids: dict[str, int] = {}
    passage_ids: dict[str, int] = {}
    query, passage = _numbered(queries, query_ids), _numbered(passages, passage_ids)
    numbers = np.array(scores, dtype=np.float32)
    return Pairs(tuple(query_ids), tuple(passage_ids), query, passage, numbers)


def checked_lists(lists: Iterable[ScoredList], where: object) -> Iterator[ScoredList]:
    """Pass sound lists on; a pair that comes twice with one score is taken once.

    Raises:
        DataError: for a score that is no finite number, a pair with two scores, an id with white
            space, or a query whose pairs are scattered; the message names the ids.
    """
    seen: set[str] = set()
    for query, listed in lists:
        check_id(query, "query", str(where))
        if query in seen:
            what = f"the passages of query {query} stand in several places"
            raise DataError(what, where=where, fix="put them beside each other")
        seen.add(query)
        yield query, list(_checked_list(query, listed, where).items())


def _checked_list(query: str, listed: list[tuple[str, float]], where: object) -> dict[str, float]:
    scores: dict[str, float] = {}
    for passage, score in listed:
        check_id(passage, "passage", str(where))
        if not abs(score) <= LARGEST:
            what = f"the score of query {query} and passage {passage} is {score}, not finite"
            raise DataError(what, where=where, fix="remove the pair or score it again")
        if scores.setdefault(passage, score) != score:
            what = f"query {query} and passage {passage} have two scores, {scores[passage]:g}"
            raise DataError(f"{what} and {score:g}", where=where, fix="keep one of them")
    return scores
