"""The lines of a TREC file in columns, grouped by topic, each pair of topic and passage once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_numbers
from arir.data.id_keys import Keys, mixed
from arir.data.lines import numbered_lines
from arir.data.memory import check_memory
from arir.data.trec import read_parts
from arir.data.trec_layout import Layout, Part
from arir.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Columns", "line_of", "read_columns", "topic_ranges"]

#: rows that are looked at together
ROWS = 1 << 20


@dataclass(frozen=True)
class Columns:
    """The N lines of a TREC file, grouped by topic, in their order within a topic.

    Attributes:
        topic_ids: the T topics in the order in which the file first names them.
        offsets: shape (T + 1,); the lines of topic ``t`` are ``offsets[t]:offsets[t + 1]``.
        docids: N passage ids, a chunked Arrow array.
        numbers: shape (N,), scores (float64) or grades (int64).
        keys: shape (N,), the keys of the passage ids.
        order: shape (N,), the place of each line in the file where topics are scattered over it.
    """

    topic_ids: tuple[str, ...]
    offsets: NDArray[np.int64]
    docids: pa.ChunkedArray
    numbers: NDArray[np.float64] | NDArray[np.int64]
    keys: Keys
    order: NDArray[np.int64] | None


def read_columns(path: Path, layout: Layout, twice: str) -> Columns:
    """Read a TREC file.

    Args:
        twice: what a pair given twice is (``is ranked twice``), for the message.

    Raises:
        DataError: for a malformed line, a pair of topic and passage given twice, or a file without
            lines; the message names file and line.
    """
    check_memory(path)
    try:
        parts = list(read_parts(path, layout))
        if not any(part.topics for part in parts):
            comments = " but for comments" if parts else ""
            raise DataError(f"the file is empty{comments}", where=path)
        columns = _grouped(parts)
        pair = _repeated(columns)
    except MemoryError:
        fix = "take a larger machine, or cut the run to fewer hits a topic"
        raise DataError(
            "does not fit into the memory of this machine", where=path, fix=fix
        ) from None
    if pair is not None:
        _refuse(path, columns, pair, twice)
    return columns


def _grouped(parts: Sequence[Part]) -> Columns:
    import pyarrow as pa

    codes: dict[str, int] = {}
    topics = [topic for part in parts for topic in part.topics]
    stretch = np.array([codes.setdefault(topic, len(codes)) for topic in topics], dtype=np.int64)
    lengths = np.array([length for part in parts for length in part.lengths], dtype=np.int64)
    docids = pa.chunked_array([part.docids for part in parts])
    numbers = np.concatenate([part.numbers for part in parts])
    keys = np.concatenate([part.keys for part in parts])
    order = None
    if (np.diff(stretch) < 0).any():
        order = np.argsort(np.repeat(stretch, lengths), kind="stable")
        docids, numbers, keys = docids.take(as_numbers(order)), numbers[order], keys[order]
    # Sums of weights are floats, exact up to 2^53 lines.
    sizes = np.bincount(stretch, weights=lengths).astype(np.int64)
    offsets = np.concatenate([[0], np.cumsum(sizes)])
    return Columns(tuple(codes), offsets, docids, numbers, keys, order)


def topic_ranges(offsets: NDArray[np.int64], rows: int = ROWS) -> Iterator[tuple[int, int]]:
    """Cut the topics into ranges of about ``rows`` rows, so that scratch arrays stay small.

    >>> list(topic_ranges(np.array([0, 2, 4, 9]), rows=3))
    [(0, 1), (1, 2), (2, 3)]
    """
    first, topics = 0, len(offsets) - 1
    while first < topics:
        last = int(np.searchsorted(offsets, offsets[first] + rows, side="right")) - 1
        last = min(max(last, first + 1), topics)
        yield first, last
        first = last


def _repeated(columns: Columns) -> tuple[int, int] | None:
    """The rows of a pair of topic and passage that stands twice, if there is one."""
    for first, last in topic_ranges(columns.offsets):
        start, stop = columns.offsets[first], columns.offsets[last]
        sizes = np.diff(columns.offsets[first : last + 1])
        topic = np.repeat(np.arange(first, last, dtype=np.int64), sizes)
        pairs = columns.keys[start:stop] ^ mixed(topic.astype(np.uint64))
        ranked = np.sort(pairs)
        again = ranked[1:] == ranked[:-1]
        if again.any():
            # Equal keys only raise a suspicion: the ids themselves decide.
            suspects = np.flatnonzero(np.isin(pairs, ranked[1:][again]))
            pair = _first_repetition(columns, topic[suspects], suspects + start)
            if pair is not None:
                return pair
    return None


def _first_repetition(
    columns: Columns, topics: NDArray[np.int64], rows: NDArray[np.int64]
) -> tuple[int, int] | None:
    seen: dict[tuple[int, str], int] = {}
    for topic, row in zip(topics.tolist(), rows.tolist(), strict=True):
        pair = (topic, columns.docids[row].as_py())
        if pair in seen:
            return seen[pair], row
        seen[pair] = row
    return None


def _refuse(path: Path, columns: Columns, rows: tuple[int, int], twice: str) -> None:
    topic = int(np.searchsorted(columns.offsets, rows[0], side="right")) - 1
    first, second = (row if columns.order is None else int(columns.order[row]) for row in rows)
    raise DataError(
        f"passage {columns.docids[rows[0]].as_py()} {twice} for topic {columns.topic_ids[topic]}, "
        f"first at line {line_of(path, first)}",
        where=f"{path}:{line_of(path, second)}",
        fix="keep one of the lines",
    )


def line_of(path: Path, row: int) -> int:
    """The line number, from 1, of the n-th line (from 0) that is no comment and not blank."""
    lines = (number for number, line in numbered_lines(path) if not line.startswith("#"))
    return next(number for at, number in enumerate(lines) if at == row)
