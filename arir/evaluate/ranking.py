"""Find the judged hits of a run and their ranks, in the order in which trec_eval ranks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.evaluate.judged import Ints, JudgedHits

__all__ = ["Judgments", "find_judged"]


@dataclass(frozen=True)
class Judgments:
    """Qrels in columns, topics in the order of the file, grades descending within a topic.

    Attributes:
        topic_ids: the T judged topics.
        topic: shape (J,), the position of each judgment's topic.
        docids: the J passage ids.
        grade: shape (J,).
    """

    topic_ids: tuple[str, ...]
    topic: Ints
    docids: tuple[str, ...]
    grade: Ints

    @classmethod
    def from_qrels(cls, qrels: Qrels) -> Judgments:
        """Lay out qrels in columns."""
        rows = [
            (position, docid, grade)
            for position, judged in enumerate(qrels.values())
            for docid, grade in sorted(judged.items(), key=lambda item: -item[1])
        ]
        topic = np.array([row[0] for row in rows], dtype=np.int64)
        grade = np.array([row[2] for row in rows], dtype=np.int64)
        return cls(tuple(qrels), topic, tuple(row[1] for row in rows), grade)


def find_judged(run: Run, judgments: Judgments) -> JudgedHits:
    """The judged hits of a run with their ranks.

    The order is trec_eval's: by score as a single-precision number, equal scores by docid,
    descending (its UTF-8 bytes, which is the order of Python's strings).
    """
    positions = {topic: at for at, topic in enumerate(run.topic_ids)}
    known: dict[int, dict[str, int]] = {}
    for topic, docid, grade in zip(
        judgments.topic.tolist(), judgments.docids, judgments.grade.tolist(), strict=True
    ):
        known.setdefault(topic, {})[docid] = grade
    depth = np.zeros(len(judgments.topic_ids), dtype=np.int64)
    rows: list[tuple[int, int, int]] = []
    for topic, name in enumerate(judgments.topic_ids):
        if name not in positions:
            continue
        ranked = _ranked(run, positions[name])
        depth[topic] = len(ranked)
        judged = known.get(topic, {})
        rows += [
            (topic, at, judged[docid]) for at, docid in enumerate(ranked, 1) if docid in judged
        ]
    hits: NDArray[np.int64] = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return JudgedHits(hits[:, 0], hits[:, 1], hits[:, 2], depth, judgments.topic, judgments.grade)


def _ranked(run: Run, position: int) -> list[str]:
    with np.errstate(over="ignore"):
        hits = [(float(np.float32(score)), docid) for docid, score in run.hits(position)]
    return [docid for _, docid in sorted(hits, reverse=True)]
