"""Join the rows of a teacher file with translated texts by id, in memory that no row adds to.

The first pass streams the rows into files of numbers, the second the collection; after it, rows
with an id that has no text are dropped. Only the distinct ids and the texts of the queries are held
in memory, so forty million rows need no more than a million rows of the same queries and passages.
"""

from __future__ import annotations

import warnings
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import compress, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.passage_index import NONE, PassageIndex, Places
from arir.data.teacher_choice import FirstRows, RowChoice, SampledRows
from arir.data.teacher_queries import HeldOutQuery, count_rows, draw_queries
from arir.data.teacher_rows import Codes, Numbers
from arir.data.teacher_spool import RowFiles, Spool, spool_rows
from arir.errors import DataError

__all__ = [
    "HeldOutQuery",
    "JoinedRows",
    "MissingTextWarning",
    "draw_queries",
    "join_teacher_rows",
]

Mask = NDArray[np.bool_]


class MissingTextWarning(UserWarning):
    """Some rows of a teacher file name a query or a passage that has no text."""


@dataclass(frozen=True)
class JoinedRows:
    """N rows of a teacher file whose query and passages have texts.

    Attributes:
        query: places in :attr:`query_ids`, shape (N,), a read-only memory map like the next two.
        passages: places in :attr:`passage_ids`, positive and negative, shape (N, 2).
        scores: the teacher's scores of the query with either, shape (N, 2).
        query_ids: the distinct queries of the rows, in the order in which the rows name them.
        query_texts: their texts.
        passage_ids: the distinct passages of the rows, in the order of the collection.
        rows_read: rows that were looked up, without those held out or not chosen.
        missing: rows dropped because an id has no text.
        missing_queries: distinct query ids without a text.
        missing_passages: distinct passage ids without a text.
        held_out: the queries that were left out, as far as the file has them.
        passage_index: the place of each passage id, for further collections with the same ids.
        corpora: the parts of the collection.
        with_title: whether passages are read with their titles.
    """

    query: Codes
    passages: Codes
    scores: Numbers
    query_ids: tuple[str, ...]
    query_texts: tuple[str, ...]
    passage_ids: tuple[str, ...]
    rows_read: int
    missing: int
    missing_queries: int
    missing_passages: int
    held_out: Mapping[str, HeldOutQuery]
    passage_index: PassageIndex
    corpora: tuple[Path, ...]
    with_title: bool

    def __len__(self) -> int:
        return len(self.query)

    def passage_texts(self) -> Iterator[str]:
        """Stream the texts of :attr:`passage_ids` from the collection.

        Raises:
            DataError: where the collection is not as it was.
        """
        return self.passage_index.texts_in_order(self.corpora, with_title=self.with_title)


def join_teacher_rows(
    path: Path,
    *,
    topics: Mapping[str, str],
    corpora: Sequence[Path],
    scratch: Path,
    leave_out: Container[str] = (),
    limit: int | None = None,
    sample: int | None = None,
    seed: int = 0,
    with_title: bool = False,
    held_out_negatives: int = 300,
) -> JoinedRows:
    """Join the rows of a teacher file with texts, in file order.

    Args:
        path: the teacher file, plain or gzip.
        topics: the text of each query id.
        corpora: the parts of one collection; an id may stand in one of them only.
        scratch: a folder for files of 20 bytes a row, twice that for a moment; the result maps them
            into memory, so they have to stay as long as it is used.
        leave_out: ids of queries that are held out.
        limit: take the first so many rows of the other queries.
        sample: take so many rows of the other queries, each set of rows with the same probability;
            the file is read once more, to count them.
        seed: of the sample.
        with_title: read passages with their titles.
        held_out_negatives: most distinct negatives of a held-out query.

    Raises:
        DataError: for an unusable file, an id that the collection gives twice, or where no row has
            all its texts; the message names ids that were looked for.
        OutputError: where the files cannot be written.
        ValueError: where both ``limit`` and ``sample`` are given.

    Warns:
        MissingTextWarning: where rows are dropped because an id has no text.
    """
    choice = _choice(path, leave_out, limit, sample, seed)
    spool = spool_rows(path, scratch, choice, leave_out, held_out_negatives)
    texts = [topics.get(identifier) for identifier in spool.query_codes]
    has_query = np.array([text is not None for text in texts], dtype=bool)
    index = PassageIndex(spool.passage_codes)
    ranks = index.ranks(corpora)
    used_queries, used_passages = _used(spool, has_query, ranks != NONE)
    if not used_queries.any():
        raise _nothing_joins(path, corpora, spool, has_query, ranks != NONE)
    passage_places = _in_order(ranks, used_passages)
    query_places = _in_order(np.arange(len(texts), dtype=np.int32), used_queries)
    rows = _placed(spool, scratch, query_places, passage_places)
    index = index.renumbered(passage_places)
    joined = JoinedRows(
        query=rows.query.mapped(),
        passages=rows.passages.mapped(),
        scores=rows.scores.mapped(),
        query_ids=_chosen(spool.query_codes, used_queries),
        query_texts=_chosen(texts, used_queries),
        passage_ids=index.ids(),
        rows_read=len(spool.rows),
        missing=len(spool.rows) - len(rows),
        missing_queries=int((~has_query).sum()),
        missing_passages=int((ranks == NONE).sum()),
        held_out=spool.held_out,
        passage_index=index,
        corpora=tuple(corpora),
        with_title=with_title,
    )
    spool.rows.remove()
    _warn_of_missing(path, joined)
    return joined


def _choice(
    path: Path, leave_out: Container[str], limit: int | None, sample: int | None, seed: int
) -> RowChoice:
    if sample is None:
        return FirstRows(limit)
    if limit is not None:
        raise ValueError("give a limit or a sample, not both")
    return SampledRows(sample, rows=count_rows(path, leave_out), seed=seed)


def _used(spool: Spool, has_query: Mask, has_passage: Mask) -> tuple[Mask, Mask]:
    """Which queries and which passages rows name that have all their texts."""
    queries, passages = np.zeros_like(has_query), np.zeros_like(has_passage)
    for query, pair, _ in spool.rows.chunks():
        whole = has_query[query] & has_passage[pair].all(axis=1)
        queries[query[whole]] = True
        passages[pair[whole]] = True
    return queries, passages


def _in_order(ranks: Places, used: Mask) -> Places:
    """Places for the texts that are used, in the order of their ranks; -1 for the others."""
    kept = np.flatnonzero(used)
    places = np.full(len(ranks), NONE, dtype=np.int32)
    places[kept[np.argsort(ranks[kept])]] = np.arange(len(kept))
    return places


def _placed(spool: Spool, scratch: Path, queries: Places, passages: Places) -> RowFiles:
    """The rows whose ids all have places, as places."""
    rows = RowFiles(scratch, "joined")
    with closing(rows):
        for query, pair, scores in spool.rows.chunks():
            place, places = queries[query], passages[pair]
            kept = (place != NONE) & (places != NONE).all(axis=1)
            rows.append(place[kept], places[kept], scores[kept])
    return rows


def _chosen(texts: Iterable[str | None], used: Mask) -> tuple[str, ...]:
    return tuple(str(text) for text in compress(texts, used))


def _warn_of_missing(path: Path, rows: JoinedRows) -> None:
    if rows.missing:
        warnings.warn(
            f"{path}: {rows.missing:,} of {rows.rows_read:,} rows are left out,"
            f" since {rows.missing_queries:,} queries and {rows.missing_passages:,} passages"
            " have no text",
            MissingTextWarning,
            stacklevel=3,
        )


def _nothing_joins(
    path: Path, corpora: Sequence[Path], spool: Spool, has_query: Mask, has_passage: Mask
) -> DataError:
    if not len(spool.rows):
        return DataError("no row is left to train on", where=path, fix="check --held-out")
    examples = []
    for kind, ids, present in (
        ("query", spool.query_codes, has_query),
        ("passage", spool.passage_codes, has_passage),
    ):
        absent = list(islice(compress(ids, ~present), 3))
        if absent:
            examples.append(f"{kind} {', '.join(absent)}")
    return DataError(
        f"none of its {len(spool.rows):,} rows joins with {', '.join(map(str, corpora))} and the"
        f" topics; not found are {' and '.join(examples)}",
        where=path,
        fix="give the translated collection and topics that keep the teacher file's ids",
    )
