"""A collection in blocks of passages: fast where they are clean, strict where they are not.

Arrow parses a block without the interpreter; whatever it refuses, or what could mean something else
to it, goes through :mod:`arir.data.collection`, which defines the formats and names the faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_numbers, as_strings, offsets_of
from arir.data.blocks import Block, line_number, map_ahead, read_blocks
from arir.data.collection import (
    ID_KEYS,
    TEXT_KEYS,
    Passage,
    collection_files,
    is_tsv,
    parse_passage,
)
from arir.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["PassageBlock", "read_passage_blocks"]

BOM = b"\xef\xbb\xbf"
#: bytes with which a character that is white space may begin; 12288 is the last such character
SPACE_LEADS = np.zeros(256, dtype=bool)
SPACE_LEADS[[chr(point).encode()[0] for point in range(12289) if chr(point).isspace()]] = True


@dataclass(frozen=True)
class PassageBlock:
    """Some passages that follow each other in a collection.

    Attributes:
        ids: theirs.
        contents: theirs, an array as long.
        titles: likewise, or ``None`` where no passage has one.
    """

    ids: pa.StringArray
    contents: pa.StringArray
    titles: pa.StringArray | None

    def texts(self, rows: NDArray[np.int64], *, with_title: bool) -> list[str]:
        """The texts of some passages, after their titles if asked for."""
        places = as_numbers(rows)
        contents: list[str] = self.contents.take(places).to_pylist()
        if not with_title or self.titles is None:
            return contents
        titles = self.titles.take(places).to_pylist()
        pairs = zip(contents, titles, strict=True)
        return [Passage("", text, title or "").text for text, title in pairs]


def read_passage_blocks(path: Path) -> Iterator[PassageBlock]:
    """Stream a collection in file order on two threads; it need not fit into memory.

    An id that is given twice is not noticed here, since that needs all ids at hand.

    Raises:
        DataError: for a malformed line, an id with spaces, or an empty passage; the message names
            file and line.
    """
    for file in collection_files(path):
        found = False
        for block in map_ahead(partial(_read_block, file), read_blocks(file)):
            found = found or len(block.ids) > 0
            yield block
        if not found:
            raise DataError("the file is empty", where=file)


def _read_block(file: Path, block: Block) -> PassageBlock:
    offset, text = block
    if offset == 0:
        text = text.removeprefix(BOM)
    read: Callable[[bytes], PassageBlock | None] = _fast_tsv if is_tsv(file) else _fast_json
    passages = read(text) if text.strip() else None
    if passages is None or not _sound(passages):
        return _strict(text, file, offset)
    return passages


def _fast_json(text: bytes) -> PassageBlock | None:
    """The block through Arrow; ``None`` where the strict reader must have a look."""
    import pyarrow as pa
    from pyarrow import json

    # Arrow cannot tell a field that is null from one that is not given.
    if b"null" in text:
        return None
    schema = pa.schema([(key, pa.string()) for key in (*ID_KEYS, *TEXT_KEYS, "title")])
    try:
        table = json.read_json(
            pa.BufferReader(text),
            json.ReadOptions(use_threads=False, block_size=len(text) + 1),
            json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )
        table.validate(full=True)
    except pa.ArrowInvalid:
        return None
    ids, contents = _only(table, ID_KEYS), _only(table, TEXT_KEYS)
    if ids is None or contents is None or len(ids) != _lines(text):
        return None
    title = table["title"]
    titles = None if title.null_count == len(title) else title.combine_chunks()
    return PassageBlock(ids, contents, titles)


def _only(table: pa.Table, keys: tuple[str, ...]) -> pa.StringArray | None:
    """The field under the one of several names that all passages of a block use."""
    used = [key for key in keys if table[key].null_count < len(table)]
    if len(used) != 1 or table[used[0]].null_count or table[used[0]].num_chunks != 1:
        return None
    return table[used[0]].chunk(0)


def _fast_tsv(text: bytes) -> PassageBlock | None:
    """The block through Arrow; ``None`` where the strict reader must have a look."""
    import pyarrow as pa
    from pyarrow import csv

    if b"\r" in text:
        return None
    types = dict.fromkeys(("id", "contents"), pa.string())
    try:
        table = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=list(types)),
            csv.ParseOptions(delimiter="\t", quote_char=False, escape_char=False),
            csv.ConvertOptions(column_types=types, null_values=[]),
        )
    except pa.ArrowInvalid:
        return None
    if len(table) != _lines(text) or table["id"].num_chunks != 1:
        return None
    return PassageBlock(table["id"].chunk(0), table["contents"].chunk(0), None)


def _lines(text: bytes) -> int:
    return text.count(b"\n") + (not text.endswith(b"\n"))


def _sound(block: PassageBlock) -> bool:
    """Whether no id is empty or has white space, and no passage is empty."""
    starts, stops = _bounds(block.ids)
    if (starts == stops).any() or _maybe_space(block.ids, np.arange(starts[0], stops[-1])).any():
        ids = block.ids.to_pylist()
        if any(identifier.split() != [identifier] for identifier in ids):
            return False
    starts, stops = _bounds(block.contents)
    if (starts == stops).any():
        return False
    doubtful = np.flatnonzero(_maybe_space(block.contents, starts))
    return all(text.strip() for text in block.texts(doubtful, with_title=False))


def _bounds(strings: pa.StringArray) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    bounds = offsets_of(strings)
    return bounds[:-1], bounds[1:]


def _maybe_space(strings: pa.StringArray, at: NDArray[np.integer[Any]]) -> NDArray[np.bool_]:
    """Whether white space may begin at some bytes of an array."""
    found: NDArray[np.bool_] = SPACE_LEADS[np.frombuffer(strings.buffers()[2], np.uint8)[at]]
    return found


def _strict(text: bytes, file: Path, offset: int) -> PassageBlock:
    """The passages of a block line by line."""
    passages = []
    for at, raw in enumerate(text.split(b"\n")):
        if raw.strip():
            try:
                passages.append(_passage(raw, file))
            except DataError as error:
                where = f"{file}:{line_number(file, offset) + at}"
                raise DataError(error.what, where=where, fix=error.fix) from None
    titles = [passage.title for passage in passages]
    return PassageBlock(
        as_strings([passage.id for passage in passages]),
        as_strings([passage.contents for passage in passages]),
        as_strings(titles) if any(titles) else None,
    )


def _passage(raw: bytes, file: Path) -> Passage:
    try:
        line = raw.decode().rstrip("\r")
    except UnicodeDecodeError as error:
        what = f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}"
        fix = "convert the file, for example with iconv -t UTF-8"
        raise DataError(what, fix=fix) from None
    return parse_passage(line, file, "")
