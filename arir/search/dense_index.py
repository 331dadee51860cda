"""A dense index opened for search: ``index`` (FAISS) and ``docid``, as Pyserini lays it out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.artefacts import Manifest, read_manifest
from arir.errors import DataError, IndexMismatchError
from arir.models.protocols import Encoder

__all__ = [
    "DenseIndex",
    "is_dense_index",
    "open_dense_index",
    "read_dense_manifest",
    "read_docids",
    "read_vector_manifest",
    "verify_encoder",
]

KIND = "dense-index"
REBUILD = "build it again with arir encode-corpus"


def is_dense_index(path: Path) -> bool:
    """Whether a folder is laid out as a dense index."""
    return (path / "index").is_file() and (path / "docid").is_file()


@dataclass(frozen=True)
class DenseIndex:
    """The vectors of a collection, their ids, and what the index says of itself.

    Attributes:
        path: the folder.
        faiss: an inner-product FAISS index of N vectors.
        docids: shape (N,); the id of each vector.
        manifest: ``None`` where another tool built the index.
    """

    path: Path
    faiss: Any
    docids: NDArray[np.object_]
    manifest: Manifest | None

    @property
    def dimension(self) -> int:
        """The dimension of the vectors."""
        return int(self.faiss.d)

    def __len__(self) -> int:
        return len(self.docids)

    def check_encoder(self, encoder: Encoder) -> str | None:
        """Make sure that an encoder's queries live in the space of these vectors.

        Returns:
            A warning where the index has no manifest, so that only the dimension could be checked.

        Raises:
            IndexMismatchError: for another encoder, another profile or another dimension.
        """
        verify_encoder(self.path, self.manifest, encoder)
        if encoder.dimension != self.dimension:
            raise IndexMismatchError(
                f"holds vectors of {self.dimension} dimensions, but {encoder.name} makes "
                f"{encoder.dimension}",
                where=self.path,
                fix="search with the encoder that built the index",
            )
        if self.manifest is not None:
            return None
        return (
            f"{self.path} has no manifest.json: whether {encoder.name} built it cannot be verified "
            "beyond the dimension"
        )


def verify_encoder(path: Path, manifest: Manifest | None, encoder: Encoder) -> None:
    """Compare an encoder with the one that an index says it was built by.

    Raises:
        IndexMismatchError: for another encoder, another version of it, or another profile; the
            message names both encoders and both profiles.
    """
    if manifest is None:
        return
    built = manifest.properties
    recorded = (built.get("encoder_fingerprint"), built.get("profile"))
    if recorded == (encoder.fingerprint, encoder.profile):
        return
    name = built.get("encoder")
    version = "another version of " if name == encoder.name else ""
    raise IndexMismatchError(
        f"was built by {name} (profile {built.get('profile')}), not by {version}{encoder.name} "
        f"(profile {encoder.profile})",
        where=path,
        fix=f"search with --encoder {name}, or encode the corpus with {encoder.name}",
    )


def read_dense_manifest(path: Path) -> Manifest | None:
    """The manifest of a dense index; ``None`` where another tool built it.

    Raises:
        IndexMismatchError: where the manifest is damaged, or tells of something else.
    """
    return read_vector_manifest(path, KIND)


def read_vector_manifest(path: Path, kind: str) -> Manifest | None:
    """The manifest of an index of some kind; ``None`` where it has none.

    Raises:
        IndexMismatchError: where the manifest is damaged, or tells of something else.
    """
    try:
        manifest = read_manifest(path)
    except DataError as error:
        raise IndexMismatchError(error.what, where=error.where, fix=error.fix) from None
    if manifest is not None and manifest.kind != kind:
        raise IndexMismatchError(f"is a {manifest.kind}, not a {kind}", where=path)
    return manifest


def open_dense_index(path: Path) -> DenseIndex:
    """Read a dense index, whether arir or Pyserini built it.

    Raises:
        IndexMismatchError: where files are missing, damaged, of different lengths, or the index
            does not rank by inner product.
    """
    for name in ("index", "docid"):
        if not (path / name).is_file():
            raise IndexMismatchError(f"no dense index: has no file '{name}'", where=path)
    manifest = read_dense_manifest(path)
    docids = read_docids(path / "docid")
    return DenseIndex(path, _read_faiss(path / "index", len(docids)), docids, manifest)


def _read_faiss(path: Path, expected: int) -> Any:
    import faiss

    try:
        index = faiss.read_index(str(path))
    except (RuntimeError, MemoryError) as error:
        reason = str(error).splitlines()[0].rpartition(": ")[2]
        raise IndexMismatchError(f"damaged index: {reason}", where=path, fix=REBUILD) from None
    if index.metric_type != faiss.METRIC_INNER_PRODUCT:
        raise IndexMismatchError(
            "ranks by a distance, not by inner product, so that its scores would be upside down",
            where=path,
            fix="build it for inner product (pyserini.index.faiss --metric inner)",
        )
    if index.ntotal != expected:
        raise IndexMismatchError(
            f"holds {index.ntotal} vectors, but 'docid' has {expected} ids",
            where=path,
            fix=REBUILD,
        )
    return index


def read_docids(path: Path) -> NDArray[np.object_]:
    """One id a line; a TREC run can carry no empty id, no white space and no id twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise IndexMismatchError(f"is not UTF-8: {error.reason}", where=path) from None
    lines = text.removesuffix("\n").split("\n")
    if text.split() != lines:
        line = next(number for number, docid in enumerate(lines, 1) if docid.split() != [docid])
        raise IndexMismatchError(
            f"id {lines[line - 1]!r} is empty or holds white space", where=f"{path}:{line}"
        )
    if len(set(lines)) < len(lines):
        raise IndexMismatchError(
            f"id {_repeated(lines)} is listed twice", where=path, fix="index every passage once"
        )
    return np.array(lines, dtype=object)


def _repeated(docids: Sequence[str]) -> str:
    seen: set[str] = set()
    for docid in docids:
        if docid in seen:
            return docid
        seen.add(docid)
    raise ValueError("no id is repeated")
