"""Write a flat FAISS index from chunks of vectors, without ever holding them all in memory."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from arir.errors import DependencyError
from arir.models.protocols import Vectors

__all__ = ["write_flat_index"]

#: where a serialised IndexFlat keeps its number of vectors (int64), after four letters and ``d``
COUNT_AT = 8


def write_flat_index(path: Path, chunks: Iterable[Vectors], count: int, dimension: int) -> None:
    """Write the file that ``faiss.write_index`` would write for an ``IndexFlatIP``.

    Args:
        path: the file to write.
        chunks: arrays of shape (rows, dimension) whose rows add up to ``count``.
        count: number of vectors.
        dimension: of each vector.

    Raises:
        DependencyError: where the installed FAISS lays flat indexes out otherwise.
        OSError: where the file cannot be written.
    """
    _check_layout(dimension)
    with path.open("wb") as stream:
        stream.write(_header(count, dimension))
        for chunk in chunks:
            stream.write(np.ascontiguousarray(chunk, dtype="<f4").data)


def _header(count: int, dimension: int) -> bytes:
    """FAISS's own serialisation of an empty index, with the two numbers that depend on the rows."""
    import faiss

    header = bytearray(faiss.serialize_index(faiss.IndexFlatIP(dimension)))
    struct.pack_into("<q", header, COUNT_AT, count)
    struct.pack_into("<Q", header, len(header) - 8, count * dimension)
    return bytes(header)


def _check_layout(dimension: int) -> None:
    """Let FAISS read a one-vector index made here; the layout is its own and might change."""
    import faiss

    probe = np.arange(1, dimension + 1, dtype="<f4")
    written = np.frombuffer(_header(1, dimension) + probe.tobytes(), dtype=np.uint8)
    expected = faiss.IndexFlatIP(dimension)
    expected.add(probe[None])
    if not np.array_equal(written, faiss.serialize_index(expected)):
        raise DependencyError(
            f"FAISS {faiss.__version__} lays flat indexes out in a way that arir does not know",
            fix="install a version that arir was tested with",
        )
