"""The judged hits of a run in columns: all that a measure needs, whatever the run's depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["JudgedHits", "from_grades"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class JudgedHits:
    """What a run retrieved of the pool, and the pool, for T topics.

    Unjudged hits count through :attr:`rank` and :attr:`depth` alone; they need no row.

    Attributes:
        topic: shape (H,), the topic of each judged hit, ascending.
        rank: shape (H,), its rank from 1, ascending within a topic.
        grade: shape (H,); below 0 is "in the pool, but not judged", as trec_eval has it.
        depth: shape (T,), the number of hits of each topic, judged or not.
        pool_topic: shape (J,), the topic of each judgment, ascending.
        pool_grade: shape (J,), its grade, descending within a topic.
    """

    topic: Ints
    rank: Ints
    grade: Ints
    depth: Ints
    pool_topic: Ints
    pool_grade: Ints

    def __len__(self) -> int:
        return len(self.depth)

    def sums(self, values: Floats | Mask, among: Mask) -> Floats:
        """Sum the values of the hits in ``among`` for each topic, shape (T,).

        The terms are added one after the other in rank order, as trec_eval adds them, so that even
        the last digit agrees.
        """
        return add_up(values[among], self.topic[among], len(self))

    def counts(self, among: Mask) -> Ints:
        """Count the hits in ``among`` for each topic, shape (T,)."""
        return np.bincount(self.topic[among], minlength=len(self))

    def pool_counts(self, among: Mask) -> Ints:
        """Count the judgments in ``among`` for each topic, shape (T,)."""
        return np.bincount(self.pool_topic[among], minlength=len(self))

    def n_relevant(self, rel: int) -> Ints:
        """The number R of relevant passages of each topic, retrieved or not, shape (T,)."""
        return self.pool_counts(self.pool_grade >= rel)

    def up_to(self, cutoff: int | None) -> Mask:
        """Which judged hits lie within the first ``cutoff`` ranks, shape (H,)."""
        if cutoff is None:
            return np.ones(len(self.rank), dtype=np.bool_)
        return self.rank <= cutoff

    def running(self, mask: Mask) -> Ints:
        """How many hits of ``mask`` the topic has up to and including each hit, shape (H,)."""
        return running(mask, self.topic, len(self))

    def condensed(self) -> JudgedHits:
        """The same run without its unjudged hits (Sakai, SIGIR 2007), ranks closed up."""
        kept = self.grade >= 0
        return replace(
            self,
            topic=self.topic[kept],
            rank=self.running(kept)[kept],
            grade=self.grade[kept],
            depth=self.counts(kept),
        )


def add_up(values: Floats | Mask, topic: Ints, n_topics: int) -> Floats:
    """Sum values for each topic, one after the other in their order, shape (n_topics,).

    >>> add_up(np.array([0.5, 1.0]), np.array([1, 1]), 2).tolist()
    [0.0, 1.5]
    """
    # Without any value bincount forgets the weights and counts in integers.
    return np.bincount(topic, weights=values, minlength=n_topics).astype(np.float64, copy=False)


def running(mask: Mask, topic: Ints, n_topics: int) -> Ints:
    """Count the rows of ``mask`` within each topic up to and including each row.

    >>> running(np.array([True, False, True, True]), np.array([0, 0, 0, 2]), 3).tolist()
    [1, 1, 2, 1]
    """
    total = np.cumsum(mask, dtype=np.int64)
    in_topic = np.bincount(topic[mask], minlength=n_topics)
    before = np.cumsum(in_topic) - in_topic
    return total - before[topic]


def from_grades(
    ranking: Sequence[Sequence[int | None]], pool: Sequence[Sequence[int]] | None = None
) -> JudgedHits:
    """Lay out rankings written as grades, ``None`` for an unjudged hit; for tests and examples.

    Args:
        ranking: for each topic the grades of its hits, best hit first.
        pool: for each topic all grades of its qrels; by default those that were retrieved.

    >>> from_grades([[None, 2, 0]]).rank.tolist()
    [2, 3]
    """
    rows = [
        (topic, rank, grade)
        for topic, grades in enumerate(ranking)
        for rank, grade in enumerate(grades, 1)
        if grade is not None
    ]
    judged = pool or [[grade for grade in grades if grade is not None] for grades in ranking]
    judgments = [(t, grade) for t, grades in enumerate(judged) for grade in sorted(grades)[::-1]]
    hits = np.array(rows, dtype=np.int64).reshape(-1, 3)
    pooled = np.array(judgments, dtype=np.int64).reshape(-1, 2)
    depth = np.array([len(grades) for grades in ranking], dtype=np.int64)
    return JudgedHits(hits[:, 0], hits[:, 1], hits[:, 2], depth, pooled[:, 0], pooled[:, 1])
