"""TREC runs in memory, columnar, so that millions of hits stay small and quick to measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arir.artefacts.atomic import atomic_file
from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = ["Hit", "Run", "read_run", "write_run"]


class Hit(NamedTuple):
    """One retrieved passage and its score."""

    docid: str
    score: float


@dataclass(frozen=True)
class Run:
    """A ranking for each topic, best first as it was written.

    Attributes:
        topic_ids: the T topics, in the order of the run.
        offsets: shape (T + 1,); the hits of topic ``t`` are ``offsets[t]:offsets[t + 1]``.
        docids: the passage ids of all hits, shape (H,).
        scores: float64, shape (H,).
        tag: the run's name (last column of a TREC run).
    """

    topic_ids: tuple[str, ...]
    offsets: NDArray[np.int64]
    docids: NDArray[np.object_]
    scores: NDArray[np.float64]
    tag: str

    def __len__(self) -> int:
        return len(self.topic_ids)

    def hits(self, topic: int) -> list[Hit]:
        """The hits of the topic at a position in :attr:`topic_ids`."""
        part = slice(int(self.offsets[topic]), int(self.offsets[topic + 1]))
        return [Hit(d, float(s)) for d, s in zip(self.docids[part], self.scores[part], strict=True)]

    def rankings(self) -> Iterator[tuple[str, list[Hit]]]:
        """Every topic id with its hits."""
        for position, topic in enumerate(self.topic_ids):
            yield topic, self.hits(position)

    @classmethod
    def from_rankings(cls, rankings: Mapping[str, Iterable[tuple[str, float]]], tag: str) -> Run:
        """Build a run from plain lists of ``(docid, score)``; topics without hits are left out."""
        listed = {topic: list(hits) for topic, hits in rankings.items()}
        kept = {topic: hits for topic, hits in listed.items() if hits}
        lengths = [len(hits) for hits in kept.values()]
        flat = [hit for hits in kept.values() for hit in hits]
        return cls(
            topic_ids=tuple(kept),
            offsets=np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64),
            docids=np.array([docid for docid, _ in flat], dtype=object),
            scores=np.array([score for _, score in flat], dtype=np.float64),
            tag=tag,
        )


def read_run(path: Path) -> Run:
    """Read a TREC run (``topic Q0 docid rank score tag``); ``#`` lines and gzip are accepted.

    Raises:
        DataError: for a malformed line, a score that is no number, or a passage twice for a topic.
    """
    rankings: dict[str, dict[str, float]] = {}
    tag = path.name.removesuffix(".gz").removesuffix(".trec")
    for number, line in numbered_lines(path):
        if line.startswith("#"):
            continue
        topic, docid, score, tag = _parse(line, f"{path}:{number}")
        hits = rankings.setdefault(topic, {})
        if docid in hits:
            raise DataError(
                f"passage {docid} is ranked twice for topic {topic}", where=f"{path}:{number}"
            )
        hits[docid] = score
    if not rankings:
        raise DataError("the run holds no hits", where=path)
    return Run.from_rankings({topic: hits.items() for topic, hits in rankings.items()}, tag)


def _parse(line: str, where: str) -> tuple[str, str, float, str]:
    columns = line.split()
    if len(columns) != 6:
        raise DataError(
            f"expected 6 columns, found {len(columns)}",
            where=where,
            fix="a run line is: topic Q0 docid rank score tag",
        )
    topic, _, docid, _, score, tag = columns
    try:
        value = float(score)
    except ValueError:
        raise DataError(f"score {score!r} is not a number", where=where) from None
    if not np.isfinite(value):
        raise DataError(f"score {score} is not finite", where=where)
    return topic, docid, value, tag


def write_run(path: Path, run: Run) -> None:
    """Write a TREC run, ranks from 1 in the order of the hits.

    Raises:
        DataError: for an id that holds white space; OutputError where the file cannot be written.
    """
    tag = check_id(run.tag, "run", str(path))
    with atomic_file(path) as stream:
        for topic, hits in run.rankings():
            stream.writelines(
                f"{topic} Q0 {hit.docid} {rank} {_decimal(hit.score)} {tag}\n"
                for rank, hit in enumerate(hits, 1)
            )


def _decimal(score: float) -> str:
    """The fewest digits that give the score back: nine if it is single precision."""
    short = f"{score:.9g}"
    return short if np.float32(score) == score else repr(float(score))
