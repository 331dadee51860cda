"""What the query explorer shows of one topic: hits, grades, and where the relevant passages are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from arir.data.collection import Passage
from arir.report.data import ReportData, TopicRanking
from arir.report.embed import json_for_script

__all__ = ["MAX_RELEVANT", "PassageTable", "topic_details"]

#: relevant passages listed a topic; TREC topics can have hundreds
MAX_RELEVANT = 20
#: letters shown of a passage; whole documents would fill the page
MAX_CONTENTS = 1500
NOTHING = TopicRanking(hits=())


class PassageTable:
    """Numbers passage ids in order of appearance, so that rankings hold short numbers."""

    def __init__(self, passages: Mapping[str, Passage]) -> None:
        self._passages = passages
        self._numbers: dict[str, int] = {}
        self._new_bytes = 0

    def number(self, docid: str) -> int:
        """The number of a passage, a new one where it has none."""
        if docid not in self._numbers:
            self._numbers[docid] = len(self._numbers)
            self._new_bytes += len(json_for_script(self._row(docid)).encode("utf-8")) + 1
        return self._numbers[docid]

    def take_new_bytes(self) -> int:
        """How many bytes were added since the last call."""
        taken, self._new_bytes = self._new_bytes, 0
        return taken

    def rows(self, details: Iterable[Mapping[str, Any]]) -> list[list[str]]:
        """``[id, title, contents]`` by number, up to the last one that the details use."""
        used = max((number for one in details for number in _numbers(one)), default=-1)
        return [self._row(docid) for docid, number in self._numbers.items() if number <= used]

    def _row(self, docid: str) -> list[str]:
        passage = self._passages.get(docid)
        return [docid] if passage is None else [docid, passage.title, _cut(passage.contents)]


def _cut(contents: str) -> str:
    return contents if len(contents) <= MAX_CONTENTS else f"{contents[:MAX_CONTENTS]}…"


def topic_details(data: ReportData, position: int, table: PassageTable) -> dict[str, Any] | None:
    """The rankings of one topic, or ``None`` where the report has none of it.

    Returns:
        ``hits`` (for each system the pairs of passage number and score), ``grades`` (of the judged
        among them), ``relevant`` (passage, grade, rank under each system or 0), ``nRelevant``.
    """
    topic = data.topics[position].id
    if not any(topic in rankings for rankings in data.rankings):
        return None
    rankings = [rankings.get(topic, NOTHING) for rankings in data.rankings]
    grades = data.qrels.get(topic, {})
    shown = dict.fromkeys(hit.docid for ranking in rankings for hit in ranking.hits)
    relevant = [docid for docid, grade in grades.items() if grade >= data.relevant_from]
    relevant.sort(key=lambda docid: -grades[docid])
    return {
        "hits": [
            [[table.number(hit.docid), float(f"{hit.score:.6g}")] for hit in ranking.hits]
            for ranking in rankings
        ],
        "grades": {table.number(docid): grades[docid] for docid in shown if docid in grades},
        "relevant": [
            [table.number(docid), grades[docid], [one.ranks.get(docid, 0) for one in rankings]]
            for docid in relevant[:MAX_RELEVANT]
        ],
        "nRelevant": len(relevant),
    }


def _numbers(details: Mapping[str, Any]) -> Iterable[int]:
    for hits in details["hits"]:
        yield from (number for number, _ in hits)
    yield from (number for number, _, _ in details["relevant"])
