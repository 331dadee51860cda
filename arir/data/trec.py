"""Read TREC files (runs, qrels) into columns: exactly, and fast where they are clean.

A block of whole lines goes through :mod:`arir.data.trec_fast`; where that has a doubt, through
:mod:`arir.data.trec_lines`, which is the definition of the format and says what is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from arir.data.blocks import Block, line_number, map_ahead, read_blocks
from arir.data.trec_fast import read_fast
from arir.data.trec_layout import FaultyLineError, Layout, Part
from arir.data.trec_lines import read_lines
from arir.errors import DataError

__all__ = ["read_parts"]

BOM = b"\xef\xbb\xbf"


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
    part = read_fast(text, layout)
    if part is not None:
        return part
    try:
        return read_lines(text, layout)
    except FaultyLineError as fault:
        where = f"{path}:{line_number(path, offset) + fault.line}"
        raise DataError(fault.what, where=where, fix=fault.fix) from None
