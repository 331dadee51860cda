"""Single queries of the quickstart, with the passages that were found for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run
from arir.data.topics import read_topics
from arir.quickstart.places import Places

__all__ = ["Answer", "Example", "cross_lingual", "most_varied"]

#: passages of the cross-lingual example
SHOWN = 3


@dataclass(frozen=True)
class Answer:
    """A passage that was found for a query.

    Attributes:
        label: the system that ranks it first, or its rank.
        title: of the Arabic passage.
        english: the title of its English counterpart, which no system reads.
        grade: its judgment; ``None`` where it is not judged.
    """

    label: str
    docid: str
    title: str
    english: str
    grade: int | None


@dataclass(frozen=True)
class Example:
    """One query with some answers.

    Attributes:
        text: the query.
        label: what the answers' labels are.
    """

    topic: str
    text: str
    label: str
    answers: tuple[Answer, ...]


def most_varied(places: Places, names: Sequence[str]) -> Example | None:
    """The Arabic query whose first answers are the most different passages; the first such one.

    ``None`` where all systems give the same first answer to every query.
    """
    firsts = {name: _first_hits(read_run(places.run(name))) for name in names}
    topics = read_topics(places.topics("ar"))
    variety = {
        topic: len({hits[topic] for hits in firsts.values() if topic in hits}) for topic in topics
    }
    chosen = max(topics, key=lambda topic: variety[topic])
    if variety[chosen] <= 1:
        return None
    found = [(name, hits[chosen]) for name, hits in firsts.items() if chosen in hits]
    return Example(chosen, topics[chosen], "first answer of", _answers(places, chosen, found))


def cross_lingual(places: Places, name: str) -> Example:
    """The first English query with a relevant first answer; the first of all where none has one."""
    topics = read_topics(places.topics("en"))
    qrels = read_qrels(places.qrels)
    rankings = dict(read_run(places.run(name)).rankings())
    answered = [topic for topic in topics if topic in rankings]
    good = (topic for topic in answered if qrels[topic].get(rankings[topic][0].docid, 0) > 0)
    chosen = next(good, answered[0])
    found = [(str(rank), hit.docid) for rank, hit in enumerate(rankings[chosen][:SHOWN], start=1)]
    return Example(chosen, topics[chosen], f"{name} at rank", _answers(places, chosen, found))


def _first_hits(run: Run) -> dict[str, str]:
    return {topic: hits[0].docid for topic, hits in run.rankings()}


def _answers(places: Places, topic: str, found: Iterable[tuple[str, str]]) -> tuple[Answer, ...]:
    passages = read_passages(places.corpus)
    counterparts = read_passages(places.collection("corpus.en.jsonl"))
    grades = read_qrels(places.qrels)[topic]
    return tuple(
        Answer(label, docid, passages[docid].title, counterparts[docid].title, grades.get(docid))
        for label, docid in found
    )
