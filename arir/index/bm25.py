"""Build a BM25 index from a collection, and tell one from other folders."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from arir.artefacts import Manifest, atomic_directory, describe_input, read_manifest, write_manifest
from arir.data.collection import Passage, collection_files, read_collection
from arir.errors import DataError, IndexMismatchError, OutputError
from arir.index.bm25_config import IndexConfig
from arir.lucene.layout import holds_vectors, is_lucene_index
from arir.progress import progress
from arir.text import get_profile

__all__ = ["KIND", "IndexReport", "build_bm25", "is_bm25_index", "read_index_manifest"]

KIND = "bm25-index"
#: passages that go to Java at once
BATCH = 2000
#: what Java's trim() takes for blank; Anserini indexes no passage that is nothing else
JAVA_BLANK = "".join(map(chr, range(0x21)))


@dataclass(frozen=True)
class IndexReport:
    """What an indexing did.

    Attributes:
        output: the folder of the index.
        passages: indexed; a search can find each of them.
        left_out: ids of the passages of which the profile left nothing.
        seconds: spent on reading, normalising and indexing.
    """

    output: Path
    passages: int
    left_out: tuple[str, ...]
    seconds: float


def build_bm25(config: IndexConfig) -> IndexReport:
    """Index a collection for BM25, as the settings say.

    Raises:
        DataError: for a malformed collection, with file and line; nothing is left behind.
        DependencyError: where Java or Pyserini is missing.
        OutputError: where the folder exists or cannot be written.
    """
    collection_files(config.corpus)
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        started = time.perf_counter()
        try:
            passages, left_out = _write_index(folder, config)
        except OutputError as error:
            raise OutputError(error.what, where=config.output, fix=error.fix) from error
        seconds = time.perf_counter() - started
        write_manifest(folder, _manifest(config, passages, len(left_out)), config)
    return IndexReport(config.output, passages, tuple(left_out), seconds)


def _write_index(folder: Path, config: IndexConfig) -> tuple[int, list[str]]:
    """Number of passages indexed, and the ids of those left out."""
    from arir.lucene.indexer import open_indexer

    left_out: list[str] = []
    with open_indexer(folder, config.language, config.threads or os.cpu_count() or 1) as indexer:
        for batch in _batches(_texts(config)):
            full = [(passage, text) for passage, text in batch if text.strip(JAVA_BLANK)]
            left_out += [passage.id for passage, text in batch if not text.strip(JAVA_BLANK)]
            indexer.add(full)
    if not indexer.written:
        fix = "choose another profile"
        raise DataError("normalisation leaves nothing of any passage", where=config.corpus, fix=fix)
    return indexer.written, left_out


def _texts(config: IndexConfig) -> Iterator[tuple[Passage, str]]:
    """Every passage with the text to analyse."""
    normalise = get_profile(config.profile)
    for passage in progress(read_collection(config.corpus), "BM25 index", unit=" passages"):
        yield passage, normalise(passage.text if config.with_title else passage.contents)


def _batches(items: Iterable[tuple[Passage, str]]) -> Iterator[list[tuple[Passage, str]]]:
    stream = iter(items)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _manifest(config: IndexConfig, passages: int, left_out: int) -> Manifest:
    properties = {
        "language": config.language,
        "profile": config.profile,
        "with_title": config.with_title,
        "passages": passages,
        "left_out": left_out,
    }
    return Manifest(KIND, properties, {"corpus": describe_input(config.corpus)})


def is_bm25_index(path: Path) -> bool:
    """Whether a folder is a Lucene index of passages, by its files alone; Java is not started."""
    return is_lucene_index(path) and not holds_vectors(path)


def read_index_manifest(path: Path) -> Manifest | None:
    """The manifest of a BM25 index; ``None`` where Pyserini built it.

    Raises:
        IndexMismatchError: where the manifest is damaged, or tells of something else.
    """
    try:
        manifest = read_manifest(path)
    except DataError as error:
        raise IndexMismatchError(error.what, where=error.where, fix=error.fix) from None
    if manifest is None:
        return None
    if manifest.kind != KIND:
        raise IndexMismatchError(f"is a {manifest.kind}, not a {KIND}", where=path)
    if not {"language", "profile"} <= manifest.properties.keys():
        raise IndexMismatchError("its manifest names no language or profile", where=path)
    return manifest
