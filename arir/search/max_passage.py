"""MaxP: a document is as relevant as its best passage (Dai and Callan, SIGIR 2019).

Passages are those of ``arir split-corpus``: the document's id, ``#``, and a number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from arir.data.runs import Hit, Run
from arir.errors import DataError
from arir.search.order import topic_order
from arir.split.windows import document_id

__all__ = ["best_documents", "check_passages", "max_passage", "search_documents"]

#: passages that are asked for first, for each document wanted; and how many times more after that
GROWTH = 4


def best_documents(hits: Iterable[tuple[str, float]]) -> list[Hit]:
    """Documents by the score of their best passage, ties in trec_eval's order.

    >>> best_documents([("d1#0", 1.0), ("d2#4", 3.0), ("d1#1", 2.0)])
    [Hit(docid='d2', score=3.0), Hit(docid='d1', score=2.0)]
    """
    best: dict[str, float] = {}
    for passage, score in hits:
        document = document_id(passage)
        best[document] = max(score, best.get(document, score))
    docids = np.array(list(best), dtype=object)
    order = topic_order(np.fromiter(best.values(), np.float64, len(best)), docids)
    return [Hit(docids[place], best[docids[place]]) for place in order]


def max_passage(run: Run, hits: int | None = None) -> Run:
    """Turn a run of passages into one of documents, each with the score of its best passage.

    Args:
        run: of passages.
        hits: documents a topic, at most; all by default.
    """
    documents = {topic: best_documents(found)[:hits] for topic, found in run.rankings()}
    return Run.from_rankings(documents, run.tag)


def check_passages(docids: Iterable[str], where: object) -> None:
    """Make sure that MaxP has something to do.

    Raises:
        DataError: where there are hits, but none of them is a passage of a document.
    """
    known = list(docids)
    if known and all(document_id(docid) == docid for docid in known):
        raise DataError(
            f"no id ends in # and a number, such as {known[0]}#0, so that nothing is a passage",
            where=where,
            fix="split the collection with arir split-corpus first, or drop --max-passage",
        )


def search_documents(
    search: Callable[[Sequence[str], int], Run],
    topics: Sequence[str],
    hits: int,
    *,
    where: object = None,
) -> Run:
    """Search an index of passages until every topic has its first ``hits`` documents.

    The passages of one document may crowd others out, so that a topic is searched again, deeper,
    until its documents cannot change any more: it has enough of them and the passages not seen
    score lower than the last, or the index has no more hits.

    Args:
        search: gives a run of passages for some topics, at most so many hits each.
        topics: ids.
        hits: documents a topic.
        where: what the error names, the index.

    Raises:
        DataError: where the index holds no passages of documents.
    """
    found: dict[str, list[Hit]] = {}
    missing, depth, tag = list(topics), hits * GROWTH, "max-passage"
    while missing:
        run = search(missing, depth)
        tag = run.tag
        check_passages(run.docids, where)
        ranked = dict(run.rankings())
        found |= {topic: best_documents(ranked.get(topic, [])) for topic in missing}
        missing = [
            topic
            for topic in missing
            if len(ranked.get(topic, [])) >= depth
            and not _settled(ranked[topic], found[topic], hits)
        ]
        depth *= GROWTH
    return Run.from_rankings({topic: found[topic][:hits] for topic in topics}, tag)


def _settled(passages: list[Hit], documents: list[Hit], hits: int) -> bool:
    """Whether the passages below those seen can change nothing; equal scores still could."""
    lowest = min(np.float32(hit.score) for hit in passages)
    return len(documents) >= hits and bool(np.float32(documents[hits - 1].score) > lowest)
