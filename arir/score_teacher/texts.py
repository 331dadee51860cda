"""The texts of the selected pairs, as the teacher will read them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import read_collection
from arir.data.topics import read_all_topics
from arir.errors import DataError
from arir.progress import progress
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.selectors import Codes, Selection

__all__ = ["MissingIdWarning", "PairTexts", "join_texts"]


class MissingIdWarning(UserWarning):
    """Some selected pairs name a query or a passage that has no text."""


@dataclass(frozen=True)
class PairTexts:
    """N pairs with their texts, those of a query beside each other.

    Attributes:
        query_ids: the Q distinct queries, in the order in which they come.
        passage_ids: the P distinct passages, likewise.
        queries: their texts, Q of them.
        passages: their texts, P of them.
        query: shape (N,), places in :attr:`queries`.
        passage: shape (N,), places in :attr:`passages`.
        missing: pairs left out because an id has no text.
        missing_queries: distinct query ids that the topics lack.
        missing_passages: distinct passage ids that the collection lacks.
    """

    query_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    queries: tuple[str, ...]
    passages: tuple[str, ...]
    query: Codes
    passage: Codes
    missing: int = 0
    missing_queries: int = 0
    missing_passages: int = 0

    def __len__(self) -> int:
        return len(self.query)


def join_texts(selection: Selection, config: ScoreTeacherConfig) -> PairTexts:
    """Put texts to ids; pairs with an id that has none are counted and left out.

    Raises:
        DataError: for an unusable file, or where no pair is left, with ids that were looked for.

    Warns:
        MissingIdWarning: where pairs are left out.
    """
    topics = read_all_topics(config.topics)
    queries = [topics.get(identifier) for identifier in selection.query_ids]
    passages = _passage_texts(selection.passage_ids, config)
    has_query, has_passage = _present(queries), _present(passages)
    whole = has_query[selection.query] & has_passage[selection.passage]
    if not whole.any():
        raise _nothing_joins(selection, has_query, has_passage, config)
    used_queries, query = _renumbered(selection.query[whole])
    used_passages, passage = _renumbered(selection.passage[whole])
    texts = PairTexts(
        tuple(selection.query_ids[place] for place in used_queries),
        tuple(selection.passage_ids[place] for place in used_passages),
        tuple(str(queries[place]) for place in used_queries),
        tuple(str(passages[place]) for place in used_passages),
        query,
        passage,
        missing=int((~whole).sum()),
        missing_queries=int((~has_query).sum()),
        missing_passages=int((~has_passage).sum()),
    )
    _tell_missing(texts, len(selection))
    return texts


def _tell_missing(texts: PairTexts, selected: int) -> None:
    if texts.missing:
        warnings.warn(
            f"{texts.missing:,} of {selected:,} pairs are left out, since"
            f" {texts.missing_queries:,} queries are not in the topics and"
            f" {texts.missing_passages:,} passages not in the corpus",
            MissingIdWarning,
            stacklevel=2,
        )


def _passage_texts(ids: Sequence[str], config: ScoreTeacherConfig) -> list[str | None]:
    """The text of each passage; the collection is streamed, and only what is asked for is kept."""
    places = {identifier: place for place, identifier in enumerate(ids)}
    texts: list[str | None] = [None] * len(ids)
    for passage in progress(read_collection(config.corpus), "collection", unit="passage"):
        place = places.get(passage.id)
        if place is not None:
            texts[place] = passage.text if config.with_title else passage.contents
    return texts


def _present(texts: Sequence[str | None]) -> NDArray[np.bool_]:
    return np.array([text is not None for text in texts], dtype=bool)


def _renumbered(codes: Codes) -> tuple[list[int], Codes]:
    """The distinct codes in the order in which they first come, and each code's place there."""
    distinct, first, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(first)
    ranks = np.empty(len(order), dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    return distinct[order].tolist(), ranks[inverse]


def _nothing_joins(
    selection: Selection,
    has_query: NDArray[np.bool_],
    has_passage: NDArray[np.bool_],
    config: ScoreTeacherConfig,
) -> DataError:
    examples = []
    for kind, ids, present in (
        ("query", selection.query_ids, has_query),
        ("passage", selection.passage_ids, has_passage),
    ):
        absent = [ids[place] for place in np.flatnonzero(~present)[:3]]
        if absent:
            examples.append(f"{kind} {', '.join(absent)}")
    return DataError(
        f"none of the {len(selection):,} selected pairs has both texts; not found are"
        f" {' and '.join(examples)}",
        where=config.corpus,
        fix="give topics and a collection with the ids of the selected pairs",
    )
