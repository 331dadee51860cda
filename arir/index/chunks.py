"""The chunks of an encoding on disk: each stands whole, or is encoded again."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import Passage
from arir.errors import ModelError, OutputError
from arir.index.flat import write_flat_index
from arir.models.protocols import TokenVectors, Vectors

__all__ = ["Chunks", "Store", "not_finite"]

Encoded = TypeVar("Encoded", Vectors, TokenVectors)


@dataclass(frozen=True)
class Store(ABC, Generic[Encoded]):
    """The chunks of a job: ``size`` passages each, the last one fewer.

    Attributes:
        kind: of the index that they become, as its manifest says it.
        folder: the work folder.
        size: passages in a chunk.
        dimension: of a vector.
        passages: in the whole collection.
    """

    kind: ClassVar[str]

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
        return [number for number in range(len(self)) if self._stands(number)]

    def path(self, number: int, suffix: str = "") -> Path:
        """The file of a chunk."""
        return self.folder / f"{number:05}{suffix}.npy"

    @abstractmethod
    def check(self, encoded: Encoded, passages: Sequence[Passage], encoder: str) -> Encoded:
        """Make sure that an index can hold what an encoder made of some passages.

        Raises:
            ModelError: for vectors of another shape than announced, or with NaN or infinity.
        """

    @abstractmethod
    def save(self, number: int, encoded: Encoded) -> None:
        """Store a chunk; it appears under its name when it is whole.

        Raises:
            OutputError: where the disk is full or does not take it.
        """

    @abstractmethod
    def write_index(self, folder: Path) -> None:
        """Lay the vectors of all chunks out in the folder of the index."""

    @abstractmethod
    def properties(self, encoder: Any) -> dict[str, Any]:
        """What the manifest says of these vectors beside their encoder and number."""

    @abstractmethod
    def _stands(self, number: int) -> bool:
        """Whether a chunk is there and was not cut short."""

    def _write(self, path: Path, array: NDArray[Any]) -> None:
        partial = path.with_suffix(f".{os.getpid()}.partial")
        try:
            with partial.open("wb") as stream:
                np.save(stream, array, allow_pickle=False)
            partial.replace(path)
        except OSError as error:
            raise OutputError(
                f"cannot be written: {(error.strerror or str(error)).lower()}",
                where=self.folder,
                fix="free some space and give the command again: it goes on where it stopped",
            ) from error
        finally:
            partial.unlink(missing_ok=True)


class Chunks(Store[Vectors]):
    """Chunks of one vector a passage, which become a flat FAISS index."""

    kind = "dense-index"

    def check(self, encoded: Vectors, passages: Sequence[Passage], encoder: str) -> Vectors:
        """Vectors in single precision; shape (passages, dimension)."""
        vectors = np.asarray(encoded, dtype=np.float32)
        if vectors.shape != (len(passages), self.dimension):
            raise ModelError(
                f"made vectors of shape {vectors.shape} for {len(passages)} passages of dimension "
                f"{self.dimension}",
                where=encoder,
            )
        for row in np.flatnonzero(~np.isfinite(vectors).all(axis=1)):
            raise not_finite(passages[int(row)], encoder)
        return vectors

    def save(self, number: int, encoded: Vectors) -> None:
        """Store the vectors of a chunk."""
        self._write(self.path(number), encoded)

    def load(self, number: int) -> Vectors:
        """A chunk, mapped from disk; shape (rows, dimension)."""
        vectors: Vectors = np.load(self.path(number), mmap_mode="r", allow_pickle=False)
        return vectors

    def write_index(self, folder: Path) -> None:
        """Write ``index``, as Pyserini's FaissSearcher reads it."""
        loaded = (self.load(number) for number in range(len(self)))
        write_flat_index(folder / "index", loaded, self.passages, self.dimension)

    def properties(self, encoder: Any) -> dict[str, Any]:
        """What the inner product means; ``None`` where the encoder does not say."""
        return {"similarity": getattr(getattr(encoder, "spec", encoder), "similarity", None)}

    def _stands(self, number: int) -> bool:
        try:
            return self.load(number).shape == (self.rows(number), self.dimension)
        except (OSError, ValueError):
            return False


def not_finite(passage: Passage, encoder: str) -> ModelError:
    """The error for a passage whose vector holds NaN or infinity."""
    return ModelError(
        f"the vector of passage {passage.id} is not finite",
        where=encoder,
        fix="encode with --precision fp32",
    )
