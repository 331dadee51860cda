"""Give the queries and passages that examples name places, and drop what has no text."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arir.data.passage_index import NONE, PassageIndex
from arir.data.teacher_join import MissingTextWarning
from arir.errors import DataError
from arir.train.config import RankingConfig
from arir.train.texts import RankingTexts

__all__ = ["Placed", "place_texts"]


@dataclass(frozen=True)
class Placed:
    """Where the texts of named ids are.

    Attributes:
        texts: the queries and passages that were found.
        query: place of each named query, or -1; shape (queries named,).
        passage: place of each named passage in the collection's order, or -1.
    """

    texts: RankingTexts
    query: NDArray[np.int32]
    passage: NDArray[np.int32]


def place_texts(
    config: RankingConfig,
    topics: Mapping[str, str],
    query_ids: Sequence[str],
    passage_ids: Sequence[str],
    source: object,
) -> Placed:
    """Look up queries in the topics and passages in the collection.

    Args:
        query_ids: distinct ids that the training data name.
        passage_ids: likewise.
        source: the file that names them, for messages.

    Raises:
        DataError: where no query or no passage has a text; with ids that were looked for.

    Warns:
        MissingTextWarning: where some have none.
    """
    found = np.array([identifier in topics for identifier in query_ids], dtype=bool)
    query = np.where(found, np.cumsum(found) - 1, NONE).astype(np.int32)
    codes = {identifier: code for code, identifier in enumerate(passage_ids)}
    passage = PassageIndex(codes).ranks([config.corpus])
    for kind, ids, present in (
        ("query", query_ids, found),
        ("passage", passage_ids, passage != NONE),
    ):
        if not present.any():
            looked_for = ", ".join(ids[:3])
            what = f"no {kind} that it names has a text; not found are {looked_for}"
            fix = "give the collection and topics that keep its ids"
            raise DataError(what, where=source, fix=fix)
    _warn_of_missing(source, int((~found).sum()), int((passage == NONE).sum()))
    kept = [identifier for identifier, there in zip(query_ids, found, strict=True) if there]
    texts = RankingTexts(
        config, kept, [topics[identifier] for identifier in kept], PassageIndex(codes, passage)
    )
    return Placed(texts, query, passage)


def _warn_of_missing(source: object, queries: int, passages: int) -> None:
    if queries or passages:
        warnings.warn(
            f"{source}: {queries:,} queries and {passages:,} passages that it names have no text"
            " and are left out",
            MissingTextWarning,
            stacklevel=3,
        )
