"""The queries of a teacher file: drawing some to hold out, and what it says of those."""

from __future__ import annotations

from collections.abc import Container, Generator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.blocks import map_ahead, read_blocks
from arir.data.teacher_rows import Part, read_part
from arir.errors import DataError
from arir.progress import progress_bar

__all__ = ["HeldOutPool", "HeldOutQuery", "count_rows", "draw_queries", "read_parts", "rows_of"]


@dataclass(frozen=True)
class HeldOutQuery:
    """The reranking task that a teacher file makes of a query that is held out.

    Attributes:
        positives: ids of all passages that it names as relevant to the query.
        negatives: ids of further passages that it names with the query, in file order.
    """

    positives: frozenset[str]
    negatives: tuple[str, ...]


@dataclass
class HeldOutPool:
    """Gathers the passages of held-out queries; memory grows with these queries alone.

    Args:
        limit: of distinct negatives of a query.
    """

    limit: int
    _positives: dict[str, set[str]] = field(default_factory=dict)
    _negatives: dict[str, dict[str, None]] = field(default_factory=dict)

    def add(self, part: Part, rows: NDArray[np.bool_]) -> None:
        """Take in some rows of a part; ``rows`` has shape (rows of the part,)."""
        columns = ([ids[place] for place in places[rows].tolist()] for ids, places in part.ids)
        for query, positive, negative in zip(*columns, strict=True):
            self._positives.setdefault(query, set()).add(positive)
            negatives = self._negatives.setdefault(query, {})
            if len(negatives) < self.limit:
                negatives[negative] = None

    def finished(self) -> dict[str, HeldOutQuery]:
        """The queries that were met, in file order."""
        return {
            query: HeldOutQuery(
                positives=frozenset(positives),
                negatives=tuple(n for n in self._negatives[query] if n not in positives),
            )
            for query, positives in self._positives.items()
        }


def read_parts(path: Path) -> Generator[Part]:
    """Stream a teacher file, plain or gzip, on two threads.

    Raises:
        DataError: for a line that cannot be read, or a file without rows.
    """
    read = 0
    with progress_bar("teacher scores", unit="row") as bar:
        for part in map_ahead(partial(read_part, path), read_blocks(path)):
            read += len(part.scores[0])
            bar.update(len(part.scores[0]))
            yield part
    if not read:
        raise DataError("the file is empty", where=path)


def rows_of(part: Part, queries: Container[str]) -> NDArray[np.bool_]:
    """Which rows of a part are of some queries, shape (rows,)."""
    ids, places = part.ids[0]
    if not queries:
        return np.zeros(len(places), dtype=bool)
    return np.array([query in queries for query in ids], dtype=bool)[places]


def count_rows(path: Path, leave_out: Container[str] = frozenset()) -> int:
    """How many rows a teacher file has without those of some queries.

    Raises:
        DataError: for a line that cannot be read, or a file without rows.
    """
    return sum(int((~rows_of(part, leave_out)).sum()) for part in read_parts(path))


def draw_queries(path: Path, count: int, seed: int) -> tuple[str, ...]:
    """Draw distinct queries of a teacher file, each with the same probability.

    The file is streamed, and only its distinct query ids are held.

    Raises:
        DataError: for a line that cannot be read, a file without rows, or one that has no more
            queries than are to be drawn.

    Returns:
        Query ids, sorted.
    """
    ids: dict[str, None] = {}
    for part in read_parts(path):
        ids.update(dict.fromkeys(part.ids[0][0]))
    if count >= len(ids):
        what = f"cannot hold out {count} of the {len(ids)} queries and train on the others"
        raise DataError(what, where=path, fix="lower --held-out")
    names = list(ids)
    drawn = np.random.default_rng(seed).permutation(len(names))[:count]
    return tuple(sorted(names[place] for place in drawn))
