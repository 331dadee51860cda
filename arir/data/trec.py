"""Read TREC files (runs, qrels) into columns: exactly, and fast where they are clean.

A block of whole lines goes through Arrow's CSV reader. Whatever that cannot read, or could read
otherwise than a person would (a comment, an empty field, a score of ``nan``), goes through the
line reader, which is the definition of the format and finds the words for what is wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_strings, numbers_of, offsets_of
from arir.data.blocks import Block, line_number, map_ahead, read_blocks
from arir.data.id_keys import Keys, id_keys
from arir.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Layout", "Part", "read_parts"]

Numbers = NDArray[np.float64] | NDArray[np.int64]

BOM = b"\xef\xbb\xbf"
#: the comment lines at the head of a block
COMMENTS = re.compile(rb"\A(#[^\n]*\n?)+")
#: everything that bytes.split() splits at, where it is not one space
WHITE = re.compile(rb"[ \t\r\v\f]{2,}|[\t\r\v\f]")
#: two spaces, or one before a line end, as little-endian pairs of bytes
DOUBLED = (0x2020, 0x0A20)

#: whole numbers stay below; no grade comes near
LIMIT = 2**31


@dataclass(frozen=True)
class Layout:
    """The columns of a kind of TREC file.

    Attributes:
        columns: their names, in order; ``topic`` and ``docid`` are among them.
        number: the column that is a number, and its word in a message.
        whole: whether that number is an integer.
        example: the shape of a line, for messages.
    """

    columns: tuple[str, ...]
    number: str
    whole: bool
    example: str


@dataclass(frozen=True)
class Part:
    """The lines of one block in columns.

    Attributes:
        topics: the topic of each stretch of lines that share one.
        lengths: the number of lines of each stretch.
        docids: the passage id of each line.
        numbers: the score (float64) or grade (int64) of each line.
        keys: the keys of :attr:`docids`.
    """

    topics: list[str]
    lengths: list[int]
    docids: pa.StringArray
    numbers: Numbers
    keys: Keys


class FaultyLineError(Exception):
    """A line of a block that cannot be read, the n-th from 0."""

    def __init__(self, line: int, what: str, fix: str | None = None) -> None:
        self.line = line
        self.what = what
        self.fix = fix
        super().__init__(what)


def read_parts(path: Path, layout: Layout) -> Iterator[Part]:
    """Read a file block by block, on two threads, in its order.

    Raises:
        DataError: for a file or a line that cannot be read; the message names file and line.
    """
    yield from map_ahead(partial(_read_block, path, layout), read_blocks(path))


def _read_block(path: Path, layout: Layout, block: Block) -> Part:
    offset, text = block
    if offset == 0:
        text = text.removeprefix(BOM)
    part = _read_fast(text, layout)
    if part is not None:
        return part
    try:
        return _read_lines(text, layout)
    except FaultyLineError as fault:
        where = f"{path}:{line_number(path, offset) + fault.line}"
        raise DataError(fault.what, where=where, fix=fault.fix) from None


def _read_fast(text: bytes, layout: Layout) -> Part | None:
    """The block through Arrow; ``None`` where the line reader must have a look."""
    text = COMMENTS.sub(b"", text, count=1)
    columns = _through_arrow(text if _is_clean(text) else _tidied(text), layout)
    if columns is None:
        return None
    topic, docids, numbers = columns
    names = topic.dictionary.to_pylist()
    shortest = int(np.diff(offsets_of(docids)).min())
    if shortest == 0 or any(name == "" or name.startswith("#") for name in names):
        return None
    if not np.isfinite(numbers).all() or (layout.whole and _beyond(numbers)):
        return None
    codes = numbers_of(topic.indices)
    starts = np.concatenate([[0], np.flatnonzero(codes[1:] != codes[:-1]) + 1])
    topics = [names[code] for code in codes[starts].tolist()]
    lengths = np.diff(np.append(starts, len(codes))).tolist()
    return Part(topics, lengths, docids, numbers, id_keys(docids))


def _beyond(numbers: Numbers) -> bool:
    return bool(((numbers >= LIMIT) | (numbers <= -LIMIT)).any())


def _is_clean(text: bytes) -> bool:
    """Whether single spaces separate all fields (but for one at the start of a line)."""
    if text == b"" or any(mark in text for mark in (b"\t", b"\r", b"\v", b"\f")):
        return False
    for start in (0, 1):
        pairs = np.frombuffer(text, "<u2", count=(len(text) - start) // 2, offset=start)
        if any((pairs == doubled).any() for doubled in DOUBLED):
            return False
    return not text.endswith(b" ")


def _tidied(text: bytes) -> bytes:
    """The block with single spaces between fields and none around a line."""
    text = text.replace(b"\r\n", b"\n").replace(b"\t", b" ")
    if not _is_clean(text):
        text = WHITE.sub(b" ", text).replace(b" \n", b"\n")
    return text.replace(b"\n ", b"\n").strip(b" ")


def _through_arrow(
    text: bytes, layout: Layout
) -> tuple[pa.DictionaryArray, pa.StringArray, Numbers] | None:
    import pyarrow as pa
    from pyarrow import csv

    if text == b"":
        return None
    types = {
        "topic": pa.dictionary(pa.int32(), pa.string()),
        "docid": pa.string(),
        layout.number: pa.int64() if layout.whole else pa.float64(),
    }
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(
                use_threads=False, block_size=len(text) + 1, column_names=list(layout.columns)
            ),
            csv.ParseOptions(delimiter=" ", quote_char=False, escape_char=False),
            csv.ConvertOptions(include_columns=list(types), column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) == 0:
        return None
    topic, docids, numbers = (table[name].chunk(0) for name in types)
    return topic, docids, numbers_of(numbers)


def _read_lines(text: bytes, layout: Layout) -> Part:
    """The block line by line.

    Raises:
        FaultyLineError: for the first line that is wrong.
    """
    topics: list[str] = []
    lengths: list[int] = []
    docids: list[str] = []
    numbers: list[float] = []
    for at, line in enumerate(text.split(b"\n")):
        if line.startswith(b"#") or not line.strip():
            continue
        topic, docid, number = _read_line(line, at, layout)
        if topics and topics[-1] == topic:
            lengths[-1] += 1
        else:
            topics.append(topic)
            lengths.append(1)
        docids.append(docid)
        numbers.append(number)
    column = as_strings(docids)
    found = np.array(numbers, np.int64) if layout.whole else np.array(numbers, np.float64)
    return Part(topics, lengths, column, found, id_keys(column))


def _read_line(line: bytes, at: int, layout: Layout) -> tuple[str, str, float]:
    try:
        fields = [field.decode() for field in line.split()]
    except UnicodeDecodeError as error:
        what = f"not UTF-8: byte 0x{error.object[error.start]:02x} in {error.object!r}"
        fix = "convert the file, for example with iconv -t UTF-8"
        raise FaultyLineError(at, what, fix) from None
    expected = len(layout.columns)
    if len(fields) != expected:
        what = f"expected {expected} columns, found {len(fields)}"
        spaces = "; ids cannot hold spaces" if len(fields) > expected else ""
        raise FaultyLineError(at, what, f"a line is: {layout.example}{spaces}")
    named = dict(zip(layout.columns, fields, strict=True))
    return named["topic"], named["docid"], _number(named[layout.number], at, layout)


def _number(text: str, at: int, layout: Layout) -> float:
    # Python would read 1_000 and Arabic digits as numbers; trec_eval would not.
    plain = text.isascii() and "_" not in text
    try:
        number = (int(text) if layout.whole else float(text)) if plain else math.nan
    except ValueError:
        number = None
    if number is None or not plain:
        kind = "an integer" if layout.whole else "a number"
        raise FaultyLineError(at, f"{layout.number} {text!r} is not {kind}")
    if not math.isfinite(number):
        raise FaultyLineError(at, f"{layout.number} {text} is not finite")
    if layout.whole and abs(number) >= LIMIT:
        raise FaultyLineError(at, f"{layout.number} {text} is too large")
    return number
