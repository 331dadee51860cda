"""The chunks of an encoding on disk: each stands whole, or is encoded again."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arir.errors import OutputError
from arir.models.protocols import Vectors

__all__ = ["Chunks"]


@dataclass(frozen=True)
class Chunks:
    """The chunks of a job: ``size`` passages each, the last one fewer.

    Attributes:
        folder: the work folder.
        size: passages in a chunk.
        dimension: of a vector.
        passages: in the whole collection.
    """

    folder: Path
    size: int
    dimension: int
    passages: int

    def __len__(self) -> int:
        return -(-self.passages // self.size)

    def rows(self, number: int) -> int:
        """Passages in the chunk of a number."""
        return min(self.size, self.passages - number * self.size)

    def finished(self) -> list[int]:
        """Numbers of the chunks that stand whole."""
        return [number for number in range(len(self)) if self._shape(number) is not None]

    def save(self, number: int, vectors: Vectors) -> None:
        """Store a chunk; it appears under its name when it is whole.

        Raises:
            OutputError: where the disk is full or does not take it.
        """
        partial = self.folder / f"{number:05}.{os.getpid()}.partial"
        try:
            with partial.open("wb") as stream:
                np.save(stream, vectors, allow_pickle=False)
            partial.replace(self._path(number))
        except OSError as error:
            raise OutputError(
                f"cannot be written: {(error.strerror or str(error)).lower()}",
                where=self.folder,
                fix="free some space and give the command again: it goes on where it stopped",
            ) from error
        finally:
            partial.unlink(missing_ok=True)

    def load(self, number: int) -> Vectors:
        """A chunk, mapped from disk; shape (rows, dimension)."""
        vectors: Vectors = np.load(self._path(number), mmap_mode="r", allow_pickle=False)
        return vectors

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:05}.npy"

    def _shape(self, number: int) -> tuple[int, ...] | None:
        """The shape of a sound chunk; ``None`` for one that is missing or was cut short."""
        try:
            shape = self.load(number).shape
        except (OSError, ValueError):
            return None
        return shape if shape == (self.rows(number), self.dimension) else None
