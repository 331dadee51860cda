"""A multi-vector index: the vectors of all passages' tokens, for exact MaxSim search.

``vectors.npy`` holds them end to end in half precision, ``offsets.npy`` where each passage begins,
``docid`` the ids. Both arrays are plain NumPy files, mapped into memory when they are searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import Passage
from arir.errors import ModelError
from arir.index.chunks import Store, not_finite
from arir.models.protocols import TokenVectors

__all__ = ["KIND", "OFFSETS", "VECTORS", "TokenChunks", "write_rows"]

KIND = "late-interaction-index"
VECTORS = "vectors.npy"
OFFSETS = "offsets.npy"
LENGTHS = ".lengths"


class TokenChunks(Store[TokenVectors]):
    """Chunks of a vector a token, which become a multi-vector index."""

    kind = KIND

    def check(
        self, encoded: TokenVectors, passages: Sequence[Passage], encoder: str
    ) -> TokenVectors:
        """Token vectors that half precision can hold."""
        if len(encoded) != len(passages) or encoded.values.shape[1:] != (self.dimension,):
            raise ModelError(
                f"made {len(encoded)} matrices of shape (tokens, *{encoded.values.shape[1:]}) for "
                f"{len(passages)} passages of dimension {self.dimension}",
                where=encoder,
            )
        # The largest number of half precision; beyond, a vector would be infinite in the index.
        limit = np.finfo(np.float16).max
        for row in np.flatnonzero(~(np.abs(encoded.values) <= limit).all(axis=1)):
            place = int(np.searchsorted(encoded.offsets, row, side="right")) - 1
            raise not_finite(passages[place], encoder)
        return encoded

    def save(self, number: int, encoded: TokenVectors) -> None:
        """Store the vectors of a chunk behind their lengths: who finds them finds both."""
        self._write(self.path(number, LENGTHS), encoded.lengths)
        self._write(self.path(number), encoded.values.astype(np.float16))

    def load(self, number: int) -> tuple[NDArray[np.float16], NDArray[np.int64]]:
        """A chunk: its vectors, mapped from disk, and how many each passage has."""
        vectors = np.load(self.path(number), mmap_mode="r", allow_pickle=False)
        return vectors, np.load(self.path(number, LENGTHS), allow_pickle=False)

    def write_index(self, folder: Path) -> None:
        """Write ``vectors.npy`` and ``offsets.npy``."""
        numbers = range(len(self))
        lengths = np.concatenate([self.load(number)[1] for number in numbers])
        offsets = np.concatenate([[0], lengths.cumsum()]).astype(np.int64)
        np.save(folder / OFFSETS, offsets, allow_pickle=False)
        parts = (self.load(number)[0] for number in numbers)
        write_rows(folder / VECTORS, parts, int(offsets[-1]), self.dimension)

    def properties(self, encoder: Any) -> dict[str, Any]:  # noqa: ARG002 - every score is MaxSim
        """How the vectors are scored and stored, and how many they are."""
        tokens = sum(len(self.load(number)[0]) for number in range(len(self)))
        return {"score": "maxsim", "format": "fp16", "token_vectors": tokens}

    def _stands(self, number: int) -> bool:
        try:
            vectors, lengths = self.load(number)
        except (OSError, ValueError):
            return False
        shape = (int(lengths.sum()), self.dimension)
        return lengths.shape == (self.rows(number),) and vectors.shape == shape


def write_rows(
    path: Path, parts: Iterable[NDArray[np.float16]], count: int, dimension: int
) -> None:
    """Write the file that ``np.save`` would write for all parts together, one after the other.

    Args:
        path: the file to write.
        parts: arrays of shape (rows, dimension) whose rows add up to ``count``.
        count: rows of all parts.
        dimension: of each row.

    Raises:
        OSError: where the file cannot be written.
    """
    header = {"descr": "<f2", "fortran_order": False, "shape": (count, dimension)}
    with path.open("wb") as stream:
        np.lib.format.write_array_header_1_0(stream, header)
        for part in parts:
            stream.write(np.ascontiguousarray(part, dtype="<f2").data)
