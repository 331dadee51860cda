"""A multi-vector index opened for search: token vectors mapped from disk, offsets and ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.artefacts import Manifest
from arir.errors import IndexMismatchError
from arir.index.late import KIND, OFFSETS, VECTORS
from arir.models.protocols import LateEncoder
from arir.search.dense_index import REBUILD, read_docids, read_vector_manifest

__all__ = ["LateIndex", "is_late_index", "open_late_index", "read_late_manifest"]


def is_late_index(path: Path) -> bool:
    """Whether a folder is laid out as a multi-vector index."""
    return (path / VECTORS).is_file() and (path / OFFSETS).is_file()


@dataclass(frozen=True)
class LateIndex:
    """The token vectors of a collection, the ids, and what the index says of itself.

    Attributes:
        path: the folder.
        vectors: of all T tokens, half precision, mapped from disk; shape (T, dimension).
        offsets: shape (N + 1,); passage ``i`` is ``vectors[offsets[i]:offsets[i + 1]]``.
        docids: shape (N,); the id of each passage.
        manifest: what built it.
    """

    path: Path
    vectors: NDArray[np.float16]
    offsets: NDArray[np.int64]
    docids: NDArray[np.object_]
    manifest: Manifest

    @property
    def dimension(self) -> int:
        """The dimension of a token vector."""
        return int(self.vectors.shape[1])

    def __len__(self) -> int:
        return len(self.docids)

    def check_encoder(self, encoder: LateEncoder) -> str | None:
        """Make sure that an encoder's queries can be scored with these vectors.

        Another encoder than the one that built the index is allowed: a student's queries may be
        made to match a teacher's passages (Huang et al., "OPTICAL", WSDM 2023).

        Returns:
            A note where another encoder built the index.

        Raises:
            IndexMismatchError: for another dimension.
        """
        if encoder.dimension != self.dimension:
            raise IndexMismatchError(
                f"holds vectors of {self.dimension} dimensions, but {encoder.name} makes "
                f"{encoder.dimension}",
                where=self.path,
                fix="search with the encoder that built the index, or one trained towards it",
            )
        built = self.manifest.properties
        if built.get("encoder_fingerprint") == encoder.fingerprint:
            return None
        return (
            f"{self.path} was built by {built.get('encoder')}: the scores mean something only if "
            f"{encoder.name} was trained towards its vectors"
        )


def read_late_manifest(path: Path) -> Manifest:
    """The manifest of a multi-vector index.

    Raises:
        IndexMismatchError: where it is missing or damaged, or tells of something else.
    """
    manifest = read_vector_manifest(path, KIND)
    if manifest is None:
        raise IndexMismatchError("has no manifest.json", where=path, fix=REBUILD)
    return manifest


def open_late_index(path: Path) -> LateIndex:
    """Open a multi-vector index; its vectors stay on disk until they are read.

    Raises:
        IndexMismatchError: where files are missing, damaged, or of different lengths.
    """
    for name in (VECTORS, OFFSETS, "docid"):
        if not (path / name).is_file():
            raise IndexMismatchError(f"no multi-vector index: has no file '{name}'", where=path)
    manifest = read_late_manifest(path)
    vectors = _array(path / VECTORS, np.float16, dimensions=2, mapped=True)
    offsets = _array(path / OFFSETS, np.int64, dimensions=1)
    docids = read_docids(path / "docid")
    _check_offsets(path, offsets, len(vectors), len(docids))
    return LateIndex(path, vectors, offsets, docids, manifest)


def _array(path: Path, dtype: type[Any], *, dimensions: int, mapped: bool = False) -> Any:
    try:
        array = np.load(path, mmap_mode="r" if mapped else None, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        reason = str(error).splitlines()[0]
        raise IndexMismatchError(f"damaged index: {reason}", where=path, fix=REBUILD) from None
    if array.dtype != dtype or array.ndim != dimensions:
        what = f"damaged index: {array.dtype} numbers of shape {array.shape}"
        raise IndexMismatchError(what, where=path, fix=REBUILD)
    return array


def _check_offsets(path: Path, offsets: NDArray[np.int64], vectors: int, docids: int) -> None:
    if len(offsets) != docids + 1:
        what = f"holds {len(offsets) - 1} passages, but 'docid' has {docids} ids"
        raise IndexMismatchError(what, where=path / OFFSETS, fix=REBUILD)
    if offsets[0] != 0 or offsets[-1] != vectors or (np.diff(offsets) < 0).any():
        what = f"does not divide the {vectors} vectors of '{VECTORS}' among the passages"
        raise IndexMismatchError(what, where=path / OFFSETS, fix=REBUILD)
