"""Read TREC lines one by one: the definition of the format, and the words for what is wrong."""

from __future__ import annotations

import math

import numpy as np

from arir.data.arrow import as_strings
from arir.data.id_keys import id_keys
from arir.data.trec_layout import LIMIT, FaultyLineError, Layout, Part

__all__ = ["read_lines"]


def read_lines(text: bytes, layout: Layout) -> Part:
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
