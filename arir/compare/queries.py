"""Query by query: the hardest, the largest gains and losses, by length and by question word."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from arir.compare.result import Collection
from arir.compare.significance.common import paired_differences
from arir.text import normalise

__all__ = [
    "Change",
    "HardQuery",
    "QueryGroup",
    "by_length",
    "by_question_word",
    "gains_and_losses",
    "hardest",
    "question_word",
]

WORD = re.compile(r"\w+")
#: classes of length, by the most words that belong to them
LENGTHS = {3: "1–3 words", 6: "4–6 words", 9: "7–9 words"}
LONGER = "10 words or more"
OTHER = "other"

#: question words wherever they stand, Arabic in the form of the lucene profile
ANYWHERE: dict[str, str] = {
    **dict.fromkeys(["who", "whom", "whose", "لمن", "ممن"], "who (من)"),
    **dict.fromkeys(["what", "ماذا", "بماذا", "لماهي", "ماهي", "ماهو"], "what (ما)"),
    **dict.fromkeys(["when", "متي"], "when (متى)"),
    **dict.fromkeys(["where", "اين"], "where (أين)"),
    **dict.fromkeys(["why", "لماذا"], "why (لماذا)"),
    **dict.fromkeys(["how", "كيف"], "how (كيف)"),
    **dict.fromkeys(["كم", "بكم"], "how many (كم)"),
    **dict.fromkeys(["which", "اي", "ايه", "باي", "لاي", "ايهما"], "which (أي)"),
    "هل": "yes or no (هل)",
}
#: question words at the beginning alone: elsewhere they are prepositions, relatives, auxiliaries
FIRST: dict[str, str] = {
    "من": "who (من)",
    "ما": "what (ما)",
    **dict.fromkeys(
        ["is", "are", "was", "were", "do", "does", "did", "can", "could", "has", "have", "will"],
        "yes or no (هل)",
    ),
}
AMOUNTS = {"many", "much"}


@dataclass(frozen=True)
class HardQuery:
    """A query with its mean over the systems, and the best system on it."""

    topic: str
    text: str
    mean: float
    best: float
    best_system: str


@dataclass(frozen=True)
class Change:
    """A query with the values of two systems."""

    topic: str
    text: str
    first: float
    second: float

    @property
    def difference(self) -> float:
        """First minus second."""
        return self.first - self.second


@dataclass(frozen=True)
class QueryGroup:
    """Queries of one kind, with the mean of each system over them."""

    label: str
    topics: int
    means: Mapping[str, float]


def hardest(collection: Collection, measure: str, limit: int) -> list[HardQuery]:
    """The queries with the lowest mean over all systems, hardest first; ties by id."""
    values = collection.matrix(measure)
    means = values.mean(axis=0)
    found = []
    for place in np.argsort(means, kind="stable")[:limit].tolist():
        best = int(values[:, place].argmax())
        found.append(
            HardQuery(
                topic=collection.topic_ids[place],
                text=collection.queries.get(collection.topic_ids[place], ""),
                mean=float(means[place]),
                best=float(values[best, place]),
                best_system=collection.systems[best].name,
            )
        )
    return found


def gains_and_losses(
    collection: Collection, measure: str, first: str, second: str, limit: int
) -> tuple[list[Change], list[Change]]:
    """Where ``first`` gains most on ``second`` and where it loses most; ties are in neither list.

    Raises:
        KeyError: where the collection has no run of one of the systems.
    """
    by_name = {system.name: system.values[measure] for system in collection.systems}
    one, other = by_name[first], by_name[second]
    differences = paired_differences(one, other)

    def changes(order: list[int]) -> list[Change]:
        ids = collection.topic_ids
        return [
            Change(ids[at], collection.queries.get(ids[at], ""), float(one[at]), float(other[at]))
            for at in order
        ]

    rising = np.argsort(differences, kind="stable")
    falling = np.argsort(-differences, kind="stable")
    gains = [int(at) for at in falling[:limit] if differences[at] > 0]
    losses = [int(at) for at in rising[:limit] if differences[at] < 0]
    return changes(gains), changes(losses)


def by_length(collection: Collection, measure: str) -> list[QueryGroup]:
    """Means by the number of words; queries without a text are left out."""
    return _grouped(collection, measure, _length, [*LENGTHS.values(), LONGER])


def by_question_word(collection: Collection, measure: str) -> list[QueryGroup]:
    """Means by question word, Arabic and English; queries without a text are left out."""
    labels = [*dict.fromkeys([*ANYWHERE.values(), *FIRST.values()]), OTHER]
    return _grouped(collection, measure, question_word, labels)


def _grouped(
    collection: Collection, measure: str, label: Callable[[str], str], order: list[str]
) -> list[QueryGroup]:
    values = collection.matrix(measure)
    members: dict[str, list[int]] = {name: [] for name in order}
    for place, topic in enumerate(collection.topic_ids):
        if topic in collection.queries:
            members[label(collection.queries[topic])].append(place)
    return [
        QueryGroup(
            name,
            len(places),
            {
                system.name: float(values[row, places].mean())
                for row, system in enumerate(collection.systems)
            },
        )
        for name, places in members.items()
        if places
    ]


def _length(text: str) -> str:
    words = len(text.split())
    return next((label for most, label in LENGTHS.items() if words <= most), LONGER)


def question_word(text: str) -> str:
    """The kind of question that a query asks, ``other`` for none.

    >>> question_word("متى تأسست جامعة القاهرة؟"), question_word("من أين ينبع نهر النيل؟")
    ('when (متى)', 'where (أين)')
    >>> question_word("How many states are there"), question_word("history of Cairo")
    ('how many (كم)', 'other')
    """
    words = WORD.findall(normalise(text, "lucene").lower())
    if not words:
        return OTHER
    following = words[1] if len(words) > 1 else ""
    if words[0] in FIRST and following not in ANYWHERE:
        return FIRST[words[0]]
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word == "how" and after in AMOUNTS:
            return ANYWHERE["كم"]
        if word in ANYWHERE:
            return ANYWHERE[word]
    return OTHER
