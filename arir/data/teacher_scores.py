"""Cached teacher scores, as Hofstaetter et al. publish them, and the side file that describes them.

A line is ``positive score<TAB>negative score<TAB>query id<TAB>positive id<TAB>negative id``, without a
header, gzip too: the teacher's raw scores of a query with a relevant and with another passage
(Hofstaetter et al., 2020, arXiv 2010.02666; Zenodo record 4068216). Ids are strings.
"""

from __future__ import annotations

import math
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.config import from_yaml
from arir.data.blocks import Block, line_number, map_ahead, read_blocks
from arir.data.lines import check_id
from arir.errors import ConfigError, DataError
from arir.progress import progress_bar

__all__ = ["Teacher", "TeacherScores", "read_teacher", "read_teacher_scores", "teacher_path"]

SCORES = ("positive score", "negative score")
IDS = ("query", "positive passage", "negative passage")
EXAMPLE = "positive score, negative score, query id, positive id, negative id, tabs between them"
BOM = b"\xef\xbb\xbf"
#: white space that no id may hold, and that the fast reader leaves to the strict one
SUSPICIOUS = (b" ", b"\r", b"\v", b"\f")
SIDE_FILES = (".meta.yaml", ".meta.yml", ".meta.json")

Numbers = NDArray[np.float32]
Codes = NDArray[np.int32]


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
        columns = (self.query, self.positive, self.negative)
        scores = (self.positive_score, self.negative_score)
        parts = [column[chosen] for column in (*columns, *scores)]
        return TeacherScores(self.query_ids, self.passage_ids, *parts)


@dataclass(frozen=True)
class Teacher:
    """What a side file says of the scores; whatever it leaves out is ``None``.

    Attributes:
        name: the teacher, such as a hub id.
        revision: of the teacher.
        language: of the texts that the teacher read.
        scale: what a score is: ``logit``, ``cosine``, ``cosine x 20``, ``dot`` ...
        licence: of the teacher.
        notes: the side file's further keys.
    """

    name: str | None = None
    revision: str | None = None
    language: str | None = None
    scale: str | None = None
    licence: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)


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
        for part in map_ahead(partial(_read_block, path), read_blocks(path)):
            bar.update(table.add(part))
            if limit is not None and table.count >= limit:
                break
    if not table.read:
        raise DataError("the file is empty", where=path)
    scores = table.finished()
    return scores if limit is None else scores.rows(slice(limit))


@dataclass(frozen=True)
class _Part:
    """The rows of a block: two columns of scores, and three of ids as (distinct ids, places)."""

    scores: tuple[Numbers, ...]
    ids: tuple[tuple[list[str], Codes], ...]


class _Table:
    """Rows as they are gathered; ids become numbers in the order in which they first come."""

    def __init__(self, leave_out: Container[str]) -> None:
        self.leave_out = leave_out
        self.count = 0
        self.read = 0
        self._queries: dict[str, int] = {}
        self._passages: dict[str, int] = {}
        self._columns: list[list[NDArray[Any]]] = [[] for _ in (*IDS, *SCORES)]

    def add(self, part: _Part) -> int:
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


def _read_block(path: Path, block: Block) -> _Part:
    offset, text = block
    if offset == 0:
        text = text.removeprefix(BOM)
    if not text.strip():
        return _part([])
    part = _read_fast(text)
    return part if part is not None else _part(_read_lines(text, path, offset))


def _read_fast(text: bytes) -> _Part | None:
    """The block through Arrow; ``None`` where the strict reader must have a look."""
    import pyarrow as pa
    from pyarrow import csv

    if any(mark in text for mark in SUSPICIOUS):
        return None
    types = dict.fromkeys(SCORES, pa.float32())
    types |= dict.fromkeys(IDS, pa.dictionary(pa.int32(), pa.string()))
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=list(types)),
            csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False),
            csv.ConvertOptions(column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    scores = tuple(table[name].chunk(0).to_numpy() for name in SCORES)
    columns = [table[name].chunk(0) for name in IDS]
    ids = tuple((c.dictionary.to_pylist(), c.indices.to_numpy()) for c in columns)
    sound = all(np.isfinite(column).all() for column in scores)
    return _Part(scores, ids) if sound and not any("" in names for names, _ in ids) else None


def _part(rows: Iterable[tuple[float, float, str, str, str]]) -> _Part:
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    scores = tuple(np.array(column, dtype=np.float32) for column in columns[:2])
    ids = []
    for column in columns[2:]:
        places = {name: place for place, name in enumerate(dict.fromkeys(column))}
        codes = np.array([places[name] for name in column], dtype=np.int32)
        ids.append((list(places), codes))
    return _Part(scores, tuple(ids))


def _read_lines(
    text: bytes, path: Path, offset: int
) -> Iterator[tuple[float, float, str, str, str]]:
    """The rows of a block line by line: the definition of the format."""
    for at, raw in enumerate(text.split(b"\n")):
        if raw.strip():
            try:
                yield _read_line(raw)
            except DataError as error:
                where = f"{path}:{line_number(path, offset) + at}"
                raise DataError(error.what, where=where, fix=error.fix) from None


def _read_line(raw: bytes) -> tuple[float, float, str, str, str]:
    try:
        fields = raw.decode().rstrip("\r").split("\t")
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        fix = "convert the file, for example with iconv -t UTF-8"
        raise DataError(f"not UTF-8: byte 0x{byte:02x}", fix=fix) from None
    if len(fields) != len(SCORES) + len(IDS):
        fix = f"a line is: {EXAMPLE}"
        raise DataError(f"expected 5 columns, found {len(fields)}", fix=fix)
    high, low = (_score(text, name) for name, text in zip(SCORES, fields, strict=False))
    query, positive, negative = map(_id, fields[2:], IDS)
    return high, low, query, positive, negative


def _score(text: str, name: str) -> float:
    # Python would read 1_000 and Arabic digits as numbers.
    plain = text.isascii() and "_" not in text
    try:
        score = float(np.float32(text)) if plain else math.nan
    except ValueError:
        plain = False
    if not plain:
        raise DataError(f"{name} {text!r} is not a number", fix=f"a line is: {EXAMPLE}")
    if not math.isfinite(score):
        fix = "remove the row or score it again"
        raise DataError(f"{name} {text.strip()} is not finite", fix=fix)
    return score


def _id(text: str, kind: str) -> str:
    try:
        return check_id(text, kind, "")
    except DataError as error:
        raise DataError(error.what, fix=error.fix) from None


def teacher_path(scores: Path) -> Path | None:
    """The side file of a teacher file (``FILE.meta.yaml`` or ``.json``), where it has one."""
    candidates = (scores.with_name(f"{scores.name}{suffix}") for suffix in SIDE_FILES)
    return next((path for path in candidates if path.is_file()), None)


def read_teacher(scores: Path) -> Teacher:
    """Read what the side file of a teacher file says; an empty answer where there is none.

    Raises:
        DataError: where the side file is damaged, or a known key holds no text.
    """
    path = teacher_path(scores)
    if path is None:
        return Teacher()
    try:
        values = from_yaml(path)
    except ConfigError as error:
        raise DataError(error.what, where=path, fix="mend or remove it") from None
    known = {"teacher": "name", "revision": "revision", "language": "language"}
    known |= {"scale": "scale", "licence": "licence"}
    for key in known:
        if not isinstance(values.get(key, ""), str):
            raise DataError(f"'{key}' is {values[key]!r}, not text", where=path, fix="quote it")
    notes = {key: value for key, value in values.items() if key not in known}
    return Teacher(**{known[key]: values.get(key) for key in known}, notes=notes)
