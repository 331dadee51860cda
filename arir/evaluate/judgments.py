"""Qrels laid out for measuring many runs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from arir.data.arrow import as_strings
from arir.data.id_keys import Keys, id_keys, mixed
from arir.data.qrels import Qrels
from arir.evaluate.judged import Ints, Mask

__all__ = ["Judgments"]

#: places of the filter for each judgment; more places, fewer hits that are looked up in vain
PLACES = 64


@dataclass(frozen=True)
class Judgments:
    """Qrels, and columns made of them: topics in the order of the file, grades descending.

    Attributes:
        qrels: topic id to passage id to grade.
        topic_ids: the T judged topics.
        topic: shape (J,), the position of each judgment's topic.
        grade: shape (J,).
        filter: shape (a power of two,); a pair of topic and passage is judged only if it is true at
            the pair's place.
    """

    qrels: Qrels
    topic_ids: tuple[str, ...]
    topic: Ints
    grade: Ints
    filter: Mask

    @classmethod
    def from_qrels(cls, qrels: Qrels) -> Judgments:
        """Lay out qrels.

        >>> Judgments.from_qrels({"q1": {"a": 0, "b": 2}, "q2": {"a": 1}}).grade.tolist()
        [2, 0, 1]
        """
        sizes = np.array([len(judged) for judged in qrels.values()], dtype=np.int64)
        topic = np.repeat(np.arange(len(qrels), dtype=np.int64), sizes)
        rows = [(docid, grade) for judged in qrels.values() for docid, grade in judged.items()]
        grade = np.array([grade for _, grade in rows], dtype=np.int64)
        keys = id_keys(as_strings([docid for docid, _ in rows]))
        found = np.zeros(1 << (PLACES * max(len(rows), 1) - 1).bit_length(), dtype=np.bool_)
        found[places(keys, topic, len(found))] = True
        return cls(qrels, tuple(qrels), topic, grade[np.lexsort((-grade, topic))], found)

    def maybe_judged(self, keys: Keys, topic: Ints) -> Mask:
        """Whether passages may be judged for topics, by their keys: no judged one is missed."""
        return self.filter[places(keys, topic, len(self.filter))]


def places(keys: Keys, topic: Ints, size: int) -> Keys:
    """The place of each pair of passage and topic in a filter of ``size`` places."""
    return (keys ^ mixed(topic.astype(np.uint64))) & np.uint64(size - 1)
