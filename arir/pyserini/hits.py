"""Rerank what Pyserini's searchers return: hits become candidates with a text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from arir.data.collection import ID_KEYS, TEXT_KEYS, Passage
from arir.errors import DataError
from arir.models.protocols import Candidate, Reranker

__all__ = ["ScoredHit", "TextSource", "candidates_from_hits", "rerank_hits"]


class ScoredHit(Protocol):
    """A hit of LuceneSearcher (``JScoredDoc``) or FaissSearcher (``DenseSearchResult``)."""

    docid: str
    score: float


class _Searcher(Protocol):
    def doc(self, docid: str) -> Any:
        """A stored document with ``raw()`` and ``contents()``, or ``None``."""


#: where texts come from: docid to text, or a searcher over an index that stores documents
TextSource = Mapping[str, str] | _Searcher


def candidates_from_hits(
    hits: Iterable[ScoredHit], source: TextSource | None = None, *, with_title: bool = False
) -> list[Candidate]:
    """Give Pyserini's hits a text.

    Args:
        hits: of LuceneSearcher, which carry their stored document, or of FaissSearcher.
        source: docid to text, or a LuceneSearcher on the same collection; hits of FaissSearcher
            need it, others are looked up in it first.
        with_title: put the title of a stored document before its contents.

    Raises:
        DataError: naming a hit whose text is found nowhere.
    """
    return [
        Candidate(hit.docid, _text(hit, source, with_title=with_title), float(hit.score))
        for hit in hits
    ]


def rerank_hits(
    reranker: Reranker,
    query: str,
    hits: Iterable[ScoredHit],
    source: TextSource | None = None,
    *,
    with_title: bool = False,
) -> list[Candidate]:
    """Rerank Pyserini's hits for a query; best first.

    The result has ``docid`` and ``score`` as Pyserini's own hits have, so that its writers and
    fusion take it. Arguments and errors are those of :func:`candidates_from_hits`.
    """
    return reranker.rerank(query, candidates_from_hits(hits, source, with_title=with_title))


def _text(hit: ScoredHit, source: TextSource | None, *, with_title: bool) -> str:
    if isinstance(source, Mapping):
        text = source.get(hit.docid)
    elif source is not None:
        document = source.doc(hit.docid)
        text = _stored(document, with_title=with_title) if document is not None else None
    else:
        document = getattr(hit, "lucene_document", None)
        text = _stored(document, with_title=with_title) if document is not None else None
    if text is None:
        raise DataError(
            f"no text is stored for passage {hit.docid}",
            fix="give a source: docid to text, or a LuceneSearcher on an index with --storeRaw",
        )
    return text


def _stored(document: Any, *, with_title: bool) -> str | None:
    """The text of a Lucene document: its raw JSON, else its contents."""
    raw = document.get("raw")
    if raw is None:
        contents: str | None = document.get("contents")
        return contents
    try:
        record = json.loads(raw)
    except json.JSONDecodeError:
        return str(raw)
    if not isinstance(record, dict):
        return str(raw)
    return _from_record(record, with_title=with_title)


def _from_record(record: dict[str, Any], *, with_title: bool) -> str | None:
    contents = next((str(record[key]) for key in TEXT_KEYS if key in record), None)
    if contents is None or not with_title:
        return contents
    identifier = next((str(record[key]) for key in ID_KEYS if key in record), "")
    return Passage(identifier, contents, str(record.get("title") or "")).text
