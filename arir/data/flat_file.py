"""A table of numbers in a file: appended as it is streamed, mapped into memory afterwards.

What grows with the rows of a data set lies here and not in memory; the system keeps as much of the
file at hand as it has room for.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from arir.artefacts.atomic import output_error

__all__ = ["FlatFile"]

#: rows that are read at a time
CHUNK = 1 << 18


class FlatFile:
    """Rows of one type and width in a file of their own, without a header.

    Args:
        path: made anew; its folder is made where there is none.
        dtype: of a number.
        columns: numbers in a row; ``None`` makes rows plain numbers and arrays of shape (N,).

    Raises:
        OutputError: where the file cannot be written (disk full, no permission).
    """

    def __init__(self, path: Path, dtype: DTypeLike, columns: int | None = None) -> None:
        self.path = path
        self.dtype = np.dtype(dtype)
        self._row = () if columns is None else (columns,)
        self._count = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._stream = path.open("wb", buffering=1 << 20)
        except OSError as error:
            raise output_error(error, path) from error

    def __len__(self) -> int:
        return self._count

    def close(self) -> None:
        """Write what is not written yet; nothing can be appended any more."""
        try:
            self._stream.close()
        except OSError as error:
            raise output_error(error, self.path) from error

    def append(self, rows: NDArray[Any]) -> None:
        """Write rows behind those that are there; shape (n,) or (n, columns)."""
        values = np.ascontiguousarray(rows, dtype=self.dtype)
        if values.shape[1:] != self._row:
            raise ValueError(f"rows of shape {values.shape[1:]} where {self._row} is kept")
        try:
            self._stream.write(values.data.cast("B") if values.size else b"")
        except OSError as error:
            raise output_error(error, self.path) from error
        self._count += len(values)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """Close the file and read its rows again, some at a time, so that memory stays flat."""
        self.close()
        width = int(np.prod(self._row, dtype=np.int64))
        with self.path.open("rb") as stream:
            for start in range(0, self._count, CHUNK):
                rows = min(CHUNK, self._count - start)
                yield np.fromfile(stream, self.dtype, rows * width).reshape(rows, *self._row)

    def mapped(self) -> NDArray[Any]:
        """Close the file; its rows as a read-only memory map, shape (N,) or (N, columns)."""
        self.close()
        shape = (self._count, *self._row)
        if not self._count:
            return np.empty(shape, dtype=self.dtype)
        return np.memmap(self.path, dtype=self.dtype, mode="r", shape=shape)
