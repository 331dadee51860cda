"""What the query explorer shows of one topic: hits, grades, and where the relevant passages are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from arir.data.collection import Passage
from arir.report.data import Observation, TopicRanking
from arir.report.embed import json_for_script
from arir.report.numbers import significant_digits

__all__ = ["MAX_RELEVANT", "PassageTable", "listed_relevant", "topic_details"]

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


def listed_relevant(grades: Mapping[str, int], relevant_from: int) -> list[str]:
    """The relevant passages that are listed, highest grade first.

    >>> listed_relevant({"a": 1, "b": 0, "c": 2}, 1)
    ['c', 'a']
    """
    relevant = [docid for docid, grade in grades.items() if grade >= relevant_from]
    return sorted(relevant, key=lambda docid: -grades[docid])[:MAX_RELEVANT]


def topic_details(
    topic: str,
    runs: Sequence[Observation],
    grades: Mapping[str, int],
    relevant_from: int,
    table: PassageTable,
) -> dict[str, Any] | None:
    """The rankings of one topic, or ``None`` where none were kept.

    Returns:
        ``hits`` (for each system the pairs of passage number and score), ``grades`` (of the judged
        among them), ``relevant`` (passage, grade, rank under each system or 0), ``nRelevant``.
    """
    if not any(topic in run.rankings for run in runs):
        return None
    rankings = [run.rankings.get(topic, NOTHING) for run in runs]
    shown = dict.fromkeys(hit.docid for ranking in rankings for hit in ranking.hits)
    return {
        "hits": [
            [[table.number(hit.docid), significant_digits(hit.score)] for hit in ranking.hits]
            for ranking in rankings
        ],
        "grades": {str(table.number(docid)): grades[docid] for docid in shown if docid in grades},
        "relevant": [
            [table.number(docid), grades[docid], [one.ranks.get(docid, 0) for one in rankings]]
            for docid in listed_relevant(grades, relevant_from)
        ],
        "nRelevant": sum(grade >= relevant_from for grade in grades.values()),
    }


def _numbers(details: Mapping[str, Any]) -> Iterable[int]:
    for hits in details["hits"]:
        yield from (number for number, _ in hits)
    yield from (number for number, _, _ in details["relevant"])
