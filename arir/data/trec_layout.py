"""What a TREC file (run or qrels) looks like, and a block of its lines in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.id_keys import Keys

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["LIMIT", "FaultyLineError", "Layout", "Numbers", "Part"]

Numbers = NDArray[np.float64] | NDArray[np.int64]

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
