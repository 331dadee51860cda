"""Cached teacher scores in columns, as Hofstaetter et al. publish them.

Such a file is read in one pass with the rows of some queries left out; ids become small numbers, so
that a row takes 20 bytes.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.data.blocks import map_ahead, read_blocks
from arir.data.teacher_rows import Codes, Numbers, Part, read_part
from arir.errors import DataError
from arir.progress import progress_bar

__all__ = ["TeacherScores", "read_teacher_scores"]


@dataclass(frozen=True)
class TeacherScores:
    """The N rows of a teacher file in columns.

    Attributes:
        query_ids: the distinct query ids, in the order in which the file first names them.
        passage_ids: the distinct passage ids, likewise.
        query: shape (N,), places in :attr:`query_ids`.
        positive: shape (N,), places in :attr:`passage_ids`.
        negative: shape (N,), places in :attr:`passage_ids`.
        positive_score: the teacher's score of query and positive passage, shape (N,).
        negative_score: the teacher's score of query and negative passage, shape (N,).
    """

    query_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    query: Codes
    positive: Codes
    negative: Codes
    positive_score: Numbers
    negative_score: Numbers

    def __len__(self) -> int:
        return len(self.query)

    def rows(self, chosen: NDArray[np.bool_] | slice) -> TeacherScores:
        """The same file with only some of its rows; ids keep their places."""
        return TeacherScores(
            self.query_ids,
            self.passage_ids,
            query=self.query[chosen],
            positive=self.positive[chosen],
            negative=self.negative[chosen],
            positive_score=self.positive_score[chosen],
            negative_score=self.negative_score[chosen],
        )


def read_teacher_scores(
    path: Path, *, leave_out: Container[str] = frozenset(), limit: int | None = None
) -> TeacherScores:
    """Read a teacher file in columns, in file order, on two threads.

    Args:
        path: the file, plain or gzip.
        leave_out: ids of queries whose rows are skipped.
        limit: stop after this many rows (skipped ones not counted).

    Raises:
        DataError: for a line of other than five columns, a score that is no finite number, an empty
            id or one with white space, or a file without rows; the message names file and line.
    """
    table = _Table(leave_out)
    with progress_bar("teacher scores", unit="row") as bar:
        for part in map_ahead(partial(read_part, path), read_blocks(path)):
            bar.update(table.add(part))
            if limit is not None and table.count >= limit:
                break
    if not table.read:
        raise DataError("the file is empty", where=path)
    scores = table.finished()
    return scores if limit is None else scores.rows(slice(limit))


class _Table:
    """Rows as they are gathered; ids become numbers in the order in which they first come."""

    def __init__(self, leave_out: Container[str]) -> None:
        self.leave_out = leave_out
        self.count = 0
        self.read = 0
        self._queries: dict[str, int] = {}
        self._passages: dict[str, int] = {}
        self._columns: list[list[NDArray[Any]]] = [[] for _ in range(5)]

    def add(self, part: Part) -> int:
        """Take the rows of a part in and give back how many it had."""
        queries, places = part.ids[0]
        kept = np.array([query not in self.leave_out for query in queries], dtype=bool)[places]
        known = (self._queries, self._passages, self._passages)
        columns: list[NDArray[Any]] = [
            _numbered(ids, places[kept], numbers)
            for (ids, places), numbers in zip(part.ids, known, strict=True)
        ]
        columns += [score[kept] for score in part.scores]
        for gathered, column in zip(self._columns, columns, strict=True):
            gathered.append(column)
        self.count += int(kept.sum())
        self.read += len(kept)
        return len(kept)

    def finished(self) -> TeacherScores:
        """All rows."""
        columns = [np.concatenate(parts) for parts in self._columns]
        return TeacherScores(tuple(self._queries), tuple(self._passages), *columns)


def _numbered(ids: list[str], places: Codes, numbers: dict[str, int]) -> Codes:
    """The number of each id, new ids being given the next ones."""
    used, local = np.unique(places, return_inverse=True)
    found = [numbers.setdefault(ids[place], len(numbers)) for place in used.tolist()]
    return np.array(found, dtype=np.int32)[local]
