"""The rows of a teacher file: fast where they are clean, strict where they are not.

A line holds five columns with tabs between them, without a header: the teacher's raw scores of a
query with a relevant and with another passage, the query's id, and the two passages' ids
(Hofstaetter et al., 2020, arXiv 2010.02666; Zenodo record 4068216). Ids are strings.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.blocks import Block, line_number
from arir.data.lines import check_id
from arir.errors import DataError

__all__ = ["Codes", "Numbers", "Part", "read_part"]

SCORES = ("positive score", "negative score")
IDS = ("query", "positive passage", "negative passage")
EXAMPLE = "positive score, negative score, query id, positive id, negative id, tabs between them"
BOM = b"\xef\xbb\xbf"
#: white space that no id may hold, and that the fast reader leaves to the strict one
SUSPICIOUS = (b" ", b"\r", b"\v", b"\f")

LARGEST = float(np.finfo(np.float32).max)

Numbers = NDArray[np.float32]
Codes = NDArray[np.int32]


@dataclass(frozen=True)
class Part:
    """The rows of a block: two columns of scores, and three of ids as (distinct ids, places)."""

    scores: tuple[Numbers, ...]
    ids: tuple[tuple[list[str], Codes], ...]


def read_part(path: Path, block: Block) -> Part:
    """Read a block of whole lines.

    Raises:
        DataError: for a line that cannot be read; the message names file and line.
    """
    offset, text = block
    if offset == 0:
        text = text.removeprefix(BOM)
    if not text.strip():
        return _part([])
    part = _read_fast(text)
    return part if part is not None else _part(_read_lines(text, path, offset))


def _read_fast(text: bytes) -> Part | None:
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
    return Part(scores, ids) if sound and not any("" in names for names, _ in ids) else None


def _part(rows: Iterable[tuple[float, float, str, str, str]]) -> Part:
    columns = list(zip(*rows, strict=True)) or [(), (), (), (), ()]
    scores = tuple(np.array(column, dtype=np.float32) for column in columns[:2])
    ids = []
    for column in columns[2:]:
        places = {name: place for place, name in enumerate(dict.fromkeys(column))}
        codes = np.array([places[name] for name in column], dtype=np.int32)
        ids.append((list(places), codes))
    return Part(scores, tuple(ids))


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
        score = float(text) if plain else math.nan
    except ValueError:
        plain = False
    if not plain:
        raise DataError(f"{name} {text!r} is not a number", fix=f"a line is: {EXAMPLE}")
    if not abs(score) <= LARGEST:
        fix = "remove the row or score it again"
        raise DataError(f"{name} {text.strip()} is not finite", fix=fix)
    return score


def _id(text: str, kind: str) -> str:
    try:
        return check_id(text, kind, "")
    except DataError as error:
        raise DataError(error.what, fix=error.fix) from None
