"""Read blocks of TREC lines through Arrow's CSV reader, where that reads them as a person would."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from arir.data.arrow import numbers_of, offsets_of
from arir.data.id_keys import id_keys
from arir.data.trec_layout import LIMIT, Layout, Numbers, Part

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["read_fast"]

#: the comment lines at the head of a block
COMMENTS = re.compile(rb"\A(#[^\n]*\n?)+")
#: everything that bytes.split() splits at, where it is not one space
WHITE = re.compile(rb"[ \t\r\v\f]{2,}|[\t\r\v\f]")
#: two spaces, or one before a line end, as little-endian pairs of bytes
DOUBLED = (0x2020, 0x0A20)


def read_fast(text: bytes, layout: Layout) -> Part | None:
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
