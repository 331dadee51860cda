"""Which pairs of query and passage a teacher scores: the passage selector of Translate-Distill."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.qrels import read_qrels
from arir.data.runs import read_run
from arir.data.teacher_scores import read_teacher_scores
from arir.errors import DataError
from arir.score_teacher.config import ScoreTeacherConfig
from arir.search.order import topic_order

__all__ = ["Codes", "Selection", "select_pairs"]

Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Selection:
    """N distinct pairs, those of a query beside each other, each in its first place.

    Attributes:
        query_ids: the distinct query ids.
        passage_ids: the distinct passage ids.
        query: shape (N,), places in :attr:`query_ids`.
        passage: shape (N,), places in :attr:`passage_ids`.
    """

    query_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    query: Codes
    passage: Codes

    def __len__(self) -> int:
        return len(self.query)


def select_pairs(config: ScoreTeacherConfig) -> Selection:
    """The union of what the settings name: judged relevant, of teacher rows, first of each run.

    Within a query, passages keep the order in which they come up, the relevant ones first.

    Raises:
        DataError: for an unusable file, or where no pair is left.
    """
    gathered = _Gathered()
    if config.qrels is not None:
        _add_relevant(gathered, config.qrels)
    if config.teacher_rows is not None:
        _add_rows(gathered, config.teacher_rows)
    for run in config.run:
        _add_first_hits(gathered, run, config.depth)
    return gathered.selection()


class _Gathered:
    """Pairs as they come up; ids become numbers in the order in which they first come."""

    def __init__(self) -> None:
        self.queries: dict[str, int] = {}
        self.passages: dict[str, int] = {}
        self._query: list[Codes] = [np.zeros(0, dtype=np.int32)]
        self._passage: list[Codes] = [np.zeros(0, dtype=np.int32)]

    def add_list(self, query: str, passages: Iterable[str]) -> None:
        """Take the passages of a query in."""
        places = self.numbers(passages, self.passages)
        number = self.queries.setdefault(query, len(self.queries))
        self.add(np.full(len(places), number, dtype=np.int32), places)

    def add(self, query: Codes, passage: Codes) -> None:
        """Take numbered pairs in."""
        self._query.append(query)
        self._passage.append(passage)

    @staticmethod
    def numbers(ids: Iterable[str], known: dict[str, int]) -> Codes:
        """The number of each id, new ids being given the next ones."""
        return np.array([known.setdefault(name, len(known)) for name in ids], dtype=np.int32)

    def selection(self) -> Selection:
        """Every pair once, grouped by query."""
        query, passage = np.concatenate(self._query), np.concatenate(self._passage)
        pairs = query.astype(np.int64) * max(1, len(self.passages)) + passage
        first = np.unique(pairs, return_index=True)[1]
        first.sort()
        order = first[np.argsort(query[first], kind="stable")]
        return Selection(tuple(self.queries), tuple(self.passages), query[order], passage[order])


def _add_relevant(gathered: _Gathered, path: Path) -> None:
    """Passages of grade 1 and above."""
    count = 0
    for topic, grades in read_qrels(path).items():
        relevant = [passage for passage, grade in grades.items() if grade > 0]
        count += len(relevant)
        if relevant:
            gathered.add_list(topic, relevant)
    if not count:
        raise DataError("no passage is judged relevant", where=path, fix="give other --qrels")


def _add_rows(gathered: _Gathered, path: Path) -> None:
    rows = read_teacher_scores(path)
    queries = gathered.numbers(rows.query_ids, gathered.queries)
    passages = gathered.numbers(rows.passage_ids, gathered.passages)
    sides = np.stack([rows.positive, rows.negative], axis=1)
    gathered.add(np.repeat(queries[rows.query], 2), passages[sides].ravel())


def _add_first_hits(gathered: _Gathered, path: Path, depth: int) -> None:
    run = read_run(path)
    for topic, (start, stop) in enumerate(zip(run.offsets, run.offsets[1:], strict=False)):
        docids = np.array(run.ids_between(int(start), int(stop)), dtype=object)
        best = topic_order(run.scores[start:stop], docids)[:depth]
        gathered.add_list(run.topic_ids[topic], docids[best])
