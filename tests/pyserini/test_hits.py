"""Hits of Pyserini's searchers become candidates with the text that belongs to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from arir.errors import DataError
from arir.pyserini.hits import candidates_from_hits, rerank_hits
from tests.fakes import LengthReranker


@dataclass
class LuceneHit:
    """What is used of a ``JScoredDoc``."""

    docid: str
    score: float
    lucene_document: dict[str, Any] = field(default_factory=dict)


@dataclass
class DenseHit:
    """What is used of a ``DenseSearchResult``."""

    docid: str
    score: float


class Searcher:
    """What is used of a ``LuceneSearcher``."""

    def __init__(self, stored: dict[str, dict[str, str]]) -> None:
        self.stored = stored

    def doc(self, docid: str) -> dict[str, str] | None:
        return self.stored.get(docid)


def raw(**record: Any) -> dict[str, str]:
    return {"raw": json.dumps(record)}


@pytest.mark.parametrize(
    ("stored", "with_title", "text"),
    [
        (raw(id="1", contents="long text"), False, "long text"),
        (raw(id="1", contents="long text", title="T"), False, "long text"),
        (raw(id="1", contents="long text", title="T"), True, "T\nlong text"),
        (raw(_id="1", text="long text", title="long"), True, "long text"),
        ({"contents": "only contents"}, True, "only contents"),
        ({"raw": "no JSON"}, False, "no JSON"),
        ({"raw": "[1]"}, False, "[1]"),
    ],
)
def test_stored_document_gives_the_passage(
    stored: dict[str, str], with_title: bool, text: str
) -> None:
    hit = LuceneHit("007", 2.5, stored)
    assert candidates_from_hits([hit], with_title=with_title) == [("007", text, 2.5)]


def test_dense_hits_take_their_text_from_a_map_or_from_a_searcher() -> None:
    hits = [DenseHit("NA", 1.0)]
    assert candidates_from_hits(hits, {"NA": "from a map"})[0].text == "from a map"
    searcher = Searcher({"NA": raw(id="NA", contents="from an index")})
    assert candidates_from_hits(hits, searcher)[0].text == "from an index"


@pytest.mark.parametrize("source", [None, {}, Searcher({}), Searcher({"x": {}})])
def test_hit_without_a_text_is_named(source: Any) -> None:
    with pytest.raises(DataError, match="no text is stored for passage x"):
        candidates_from_hits([DenseHit("x", 1.0)], source)


def test_reranked_hits_are_hits_again() -> None:
    hits = [DenseHit("a", 9.0), DenseHit("b", 8.0)]
    reranked = rerank_hits(LengthReranker(), "q", hits, {"a": "x", "b": "longer"})
    assert [(hit.docid, hit.score) for hit in reranked] == [("b", 6.0), ("a", 1.0)]
