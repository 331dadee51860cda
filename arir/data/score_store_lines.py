"""Teacher scores as Translate-Distill publishes them: a line of JSON for each query.

A line is ``["qid", ["pid", score], ["pid", score], ...]``; ids may be whole numbers (Yang et al.,
ECIR 2024; the data set hltcoe/tdist-msmarco-scores). A side file ``FILE.meta.yaml`` may say whose
scores they are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arir.artefacts import atomic_file
from arir.data.lines import numbered_lines
from arir.data.score_store_columns import (
    ScoreColumns,
    ScoredList,
    checked_lists,
    columns_of,
    pairs_of,
)
from arir.data.teacher import Teacher, read_teacher
from arir.errors import DataError

__all__ = ["LINE_SUFFIXES", "ScoreLines", "open_score_lines", "write_score_lines"]

LINE_SUFFIXES = (".jsonl", ".jsonl.gz")
EXAMPLE = 'a line is: ["qid", ["pid", score], ...]'
#: pairs that are numbered together
BLOCK = 1 << 16


@dataclass(frozen=True)
class ScoreLines:
    """A file of scored lists; it offers what :class:`~arir.data.score_store.ScoreStore` does.

    Attributes:
        path: the file, plain or gzip.
        teacher: what its side file says.
    """

    path: Path
    teacher: Teacher

    def lists(self) -> Iterator[ScoredList]:
        """Every query id with its passage ids and scores, in file order.

        Raises:
            DataError: for a malformed line, a score that is no finite number, or a query or pair
                given twice; the message names the file and, of a malformed line, its number.
        """
        lines = numbered_lines(self.path)
        parsed = (_parse(line, f"{self.path}:{number}") for number, line in lines)
        return checked_lists(parsed, self.path)

    def columns(self) -> ScoreColumns:
        """All pairs in columns: 12 bytes a pair, and the distinct ids.

        Raises:
            DataError: as :meth:`lists`.
        """
        return columns_of(pairs_of(self.lists(), BLOCK))


def open_score_lines(path: Path) -> ScoreLines:
    """Describe a file of scored lists, which is read later.

    Raises:
        DataError: where the file is missing or its side file is damaged.
    """
    if not path.is_file():
        raise DataError("no such file", where=path)
    return ScoreLines(path, read_teacher(path))


def write_score_lines(path: Path, lists: Iterable[ScoredList], teacher: Teacher) -> None:
    """Write scored lists as such a file, and whose they are as its side file.

    Raises:
        DataError: for a score that is not finite or a pair with two scores.
        OutputError: where a file cannot be written.
    """
    import yaml

    with atomic_file(path) as stream:
        for query, listed in checked_lists(lists, path):
            # The fewest digits that give the single-precision score back.
            pairs = [[passage, float(str(np.float32(score)))] for passage, score in listed]
            stream.write(json.dumps([query, *pairs], ensure_ascii=False) + "\n")
    told = {key: value for key, value in asdict(teacher).items() if value and key != "notes"}
    if told or teacher.notes:
        described = {("teacher" if key == "name" else key): value for key, value in told.items()}
        with atomic_file(path.with_name(f"{path.name}.meta.yaml")) as stream:
            yaml.safe_dump({**described, **teacher.notes}, stream, allow_unicode=True)


def _parse(line: str, where: str) -> ScoredList:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"malformed JSON: {error}", where=where, fix=EXAMPLE) from None
    if not isinstance(record, list) or len(record) < 2:
        raise DataError("expected a query id and its pairs", where=where, fix=EXAMPLE)
    return _id(record[0], where), [_pair(pair, where) for pair in record[1:]]


def _pair(pair: Any, where: str) -> tuple[str, float]:
    sound = isinstance(pair, list) and len(pair) == 2
    number = pair[1] if sound else None
    if not isinstance(number, int | float) or isinstance(number, bool):
        raise DataError(f"{json.dumps(pair)} is no pair", where=where, fix=EXAMPLE)
    return _id(pair[0], where), float(number)


def _id(value: Any, where: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise DataError(f"{json.dumps(value)} is no id", where=where, fix=EXAMPLE)
    return str(value)
