"""Read passages back by id from a Lucene index, so that an index can stand in for its corpus."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from arir.data.collection import Passage
from arir.errors import IndexMismatchError
from arir.lucene.jvm import java_class
from arir.lucene.reader import open_reader

__all__ = ["read_indexed_passages"]


def read_indexed_passages(index: Path, ids: Iterable[str]) -> dict[str, Passage]:
    """The passages of the given ids, as they stood in the collection; ids not found are left out.

    Works on arir's indexes and on those that Pyserini built from JSON with ``--storeRaw`` or
    ``--storeContents``.

    Raises:
        IndexMismatchError: where the index is missing or damaged, or does not store its text.
    """
    reader = open_reader(index)
    try:
        return {docid: _passage(docid, record, index) for docid, record in _records(reader, ids)}
    finally:
        reader.close()


def _records(reader: Any, ids: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """What is stored for each id that the index knows."""
    stored = java_class("io.anserini.index.IndexReaderUtils")
    for docid in ids:
        raw = stored.documentRaw(reader, docid)
        if raw is not None:
            yield docid, _parsed(raw)
            continue
        document = stored.document(reader, docid)
        if document is not None:
            yield docid, {"contents": document.get("contents")}


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _passage(docid: str, record: Any, index: Path) -> Passage:
    """A passage from its stored fields; ``text`` is the contents before normalisation."""
    fields = record if isinstance(record, dict) else {}
    text, title = fields.get("text", fields.get("contents")), fields.get("title") or ""
    if isinstance(text, str) and isinstance(title, str):
        return Passage(docid, text, title)
    raise IndexMismatchError(
        f"does not store the text of passage {docid} as JSON",
        where=index,
        fix="give the corpus, or build the index with arir index",
    )
