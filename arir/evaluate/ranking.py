"""Find the judged hits of a run and their ranks, in the order in which trec_eval ranks.

The order is by score as a single-precision number, equal scores by docid, descending (its UTF-8
bytes, which is the order of Python's strings). Only judged hits need a rank: the place of their
score among the topic's scores, and their place among the hits of the very same score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_mask
from arir.data.columns import topic_ranges
from arir.data.runs import Run
from arir.evaluate.judged import Ints, JudgedHits
from arir.evaluate.judgments import Judgments

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["find_judged", "single_precision"]

Singles = NDArray[np.float32]


def find_judged(run: Run, judgments: Judgments) -> JudgedHits:
    """The judged hits of a run with their ranks, and the depth of every judged topic."""
    position = {topic: at for at, topic in enumerate(judgments.topic_ids)}
    judged_topic = np.array([position.get(topic, -1) for topic in run.topic_ids], dtype=np.int64)
    known = judged_topic >= 0
    depth = np.zeros(len(judgments.topic_ids), dtype=np.int64)
    depth[judged_topic[known]] = np.diff(run.offsets)[known]
    found = [
        _find_among(run, judgments, judged_topic, first, last)
        for first, last in topic_ranges(run.offsets)
    ]
    topic, rank, grade = (np.concatenate(parts) for parts in zip(*found, strict=True))
    order = np.lexsort((rank, topic))
    return JudgedHits(
        topic[order], rank[order], grade[order], depth, judgments.topic, judgments.grade
    )


def _find_among(
    run: Run, judgments: Judgments, judged_topic: Ints, first: int, last: int
) -> tuple[Ints, Ints, Ints]:
    """Topic, rank and grade of the judged hits of the run's topics ``first:last``."""
    start, stop = int(run.offsets[first]), int(run.offsets[last])
    ids = run.docid_column.slice(start, stop - start)
    topic = np.repeat(judged_topic[first:last], np.diff(run.offsets[first : last + 1]))
    maybe = judgments.maybe_judged(run.docid_keys[start:stop], topic) & (topic >= 0)
    rows, grade = _graded(judgments, topic, np.flatnonzero(maybe), ids)
    bounds = run.offsets[first : last + 1] - start
    ranking = Ranking.of(single_precision(run.scores[start:stop]), bounds)
    return topic[rows], ranking.ranks(rows, ids), grade


def _graded(
    judgments: Judgments, topic: Ints, rows: Ints, ids: pa.ChunkedArray
) -> tuple[Ints, Ints]:
    """The rows that are judged indeed, and their grades."""
    names, qrels = judgments.topic_ids, judgments.qrels
    found = [
        (row, grade)
        for row, at, docid in zip(rows.tolist(), topic[rows].tolist(), _ids(ids, rows), strict=True)
        if (grade := qrels[names[at]].get(docid)) is not None
    ]
    pairs = np.array(found, dtype=np.int64).reshape(-1, 2)
    return pairs[:, 0], pairs[:, 1]


def single_precision(scores: NDArray[np.float64]) -> Singles:
    """Scores as trec_eval compares them; what is too large becomes infinite, as in C."""
    with np.errstate(over="ignore"):
        return scores.astype(np.float32)


@dataclass(frozen=True)
class Ranking:
    """Hits of several topics, best first.

    Attributes:
        scores: shape (N,), descending within each topic.
        origin: shape (N,), the row that each of them had before.
        bounds: shape (T + 1,), the hits of topic ``t`` are ``bounds[t]:bounds[t + 1]``.
    """

    scores: Singles
    origin: Ints
    bounds: Ints

    @classmethod
    def of(cls, scores: Singles, bounds: Ints) -> Ranking:
        """Order the hits of every topic by score; most runs are in order already."""
        origin = np.arange(len(scores), dtype=np.int64)
        rising = np.flatnonzero(scores[1:] > scores[:-1]) + 1
        topics = np.unique(np.searchsorted(bounds, rising[~np.isin(rising, bounds)], "right") - 1)
        if len(topics) > 0:
            scores = scores.copy()
        for topic in topics.tolist():
            part = slice(int(bounds[topic]), int(bounds[topic + 1]))
            order = np.argsort(-scores[part], kind="stable")
            scores[part] = scores[part][order]
            origin[part] = part.start + order
        return cls(scores, origin, bounds)

    def ranks(self, rows: Ints, ids: pa.ChunkedArray) -> Ints:
        """The ranks, from 1 within the topic, of some rows (numbered as before the ordering)."""
        place = np.empty_like(self.origin)
        place[self.origin] = np.arange(len(self.origin))
        at = place[rows]
        first, end = self._ties(at)
        topic_start = self.bounds[np.searchsorted(self.bounds, at, side="right") - 1]
        rank: Ints = first - topic_start + 1
        tied = np.flatnonzero(end - first > 1)
        rank[tied] += self._behind(rows[tied], first[tied], end[tied], ids)
        return rank

    def _ties(self, at: Ints) -> tuple[Ints, Ints]:
        """Where the stretches of equal scores around some places begin and end."""
        starts_here = np.ones(len(self.scores) + 1, dtype=np.bool_)
        starts_here[1:-1] = self.scores[1:] != self.scores[:-1]
        starts_here[self.bounds] = True
        starts = np.flatnonzero(starts_here)
        stretch = np.searchsorted(starts, at, side="right")
        return starts[stretch - 1], starts[stretch]

    def _behind(self, rows: Ints, first: Ints, end: Ints, ids: pa.ChunkedArray) -> Ints:
        """How many hits of the same score go before each row, because their docid is greater."""
        behind = np.zeros(len(rows), dtype=np.int64)
        ordered: dict[int, dict[int, int]] = {}
        for n, (row, start, stop) in enumerate(
            zip(rows.tolist(), first.tolist(), end.tolist(), strict=True)
        ):
            if start not in ordered:
                members = self.origin[start:stop].tolist()
                names = {member: ids[member].as_py() for member in members}
                best_first = sorted(members, key=names.__getitem__, reverse=True)
                ordered[start] = {member: place for place, member in enumerate(best_first)}
            behind[n] = ordered[start][row]
        return behind


def _ids(ids: pa.ChunkedArray, rows: Ints) -> list[str]:
    """Some ids, rows ascending; chunk by chunk, where Arrow's ``take`` would join the chunks."""
    wanted = np.zeros(len(ids), dtype=np.bool_)
    wanted[rows] = True
    found: list[str] = ids.filter(as_mask(wanted)).to_pylist()
    return found
