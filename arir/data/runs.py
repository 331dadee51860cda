"""TREC runs in memory, columnar, so that millions of hits stay small and quick to measure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_strings
from arir.data.columns import read_columns
from arir.data.id_keys import Keys, id_keys
from arir.data.lines import numbered_lines
from arir.data.run_writer import write_run
from arir.data.trec_layout import Layout

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Hit", "Run", "read_run", "write_run"]

LAYOUT = Layout(
    columns=("topic", "Q0", "docid", "rank", "score", "tag"),
    number="score",
    whole=False,
    example="topic Q0 docid rank score tag",
)

#: ids in one Arrow array, which holds at most 2 GiB of text
CHUNK = 1 << 20


class Hit(NamedTuple):
    """One retrieved passage and its score."""

    docid: str
    score: float


class Run:
    """A ranking for each topic, in the order in which it was written (or found).

    Attributes:
        topic_ids: the T topics, in the order of the run.
        offsets: shape (T + 1,); the hits of topic ``t`` are ``offsets[t]:offsets[t + 1]``.
        scores: float64, shape (H,).
        tag: the run's name (last column of a TREC run).

    Args:
        docids: the passage ids of all hits, H of them: strings, or an Arrow array of strings.
    """

    def __init__(
        self,
        topic_ids: tuple[str, ...],
        offsets: NDArray[np.int64],
        docids: NDArray[np.object_] | Sequence[str] | pa.ChunkedArray,
        scores: NDArray[np.float64],
        tag: str,
    ) -> None:
        self.topic_ids = topic_ids
        self.offsets = offsets
        self.scores = scores
        self.tag = tag
        self._given = docids

    def __len__(self) -> int:
        return len(self.topic_ids)

    def __repr__(self) -> str:
        return f"Run(tag={self.tag!r}, topics={len(self)}, hits={len(self.scores)})"

    @cached_property
    def docid_column(self) -> pa.ChunkedArray:
        """The passage ids of all hits as a chunked Arrow array of strings: compact, for kernels."""
        import pyarrow as pa

        if isinstance(self._given, pa.ChunkedArray):
            return self._given
        parts = range(0, max(len(self._given), 1), CHUNK)
        return pa.chunked_array([as_strings(self._given[at : at + CHUNK]) for at in parts])

    @cached_property
    def docids(self) -> NDArray[np.object_]:
        """The passage ids of all hits as Python strings, shape (H,): handy, but large."""
        if isinstance(self._given, np.ndarray):
            return self._given
        ids = np.empty(len(self.scores), dtype=np.object_)
        ids[:] = self.docid_column.to_pylist()
        return ids

    @cached_property
    def docid_keys(self) -> Keys:
        """The 64-bit keys of the passage ids, shape (H,)."""
        keys = [id_keys(chunk) for chunk in self.docid_column.chunks]
        return np.concatenate(keys) if keys else np.zeros(0, dtype=np.uint64)

    def ids_between(self, start: int, stop: int) -> list[str]:
        """The passage ids of the hits ``start:stop`` of the whole run."""
        if isinstance(self._given, np.ndarray):
            return list(self._given[start:stop])
        ids: list[str] = self.docid_column.slice(start, stop - start).to_pylist()
        return ids

    def hits(self, topic: int) -> list[Hit]:
        """The hits of the topic at a position in :attr:`topic_ids`."""
        start, stop = int(self.offsets[topic]), int(self.offsets[topic + 1])
        scores = self.scores[start:stop].tolist()
        return list(map(Hit, self.ids_between(start, stop), scores))

    def with_topics(self, topic_ids: Sequence[str]) -> Run:
        """The same run with these of its topics, in this order."""
        import pyarrow as pa

        position = {topic: at for at, topic in enumerate(self.topic_ids)}
        bounds = [
            (int(self.offsets[at]), int(self.offsets[at + 1]))
            for at in (position[topic] for topic in topic_ids)
        ]
        column = self.docid_column
        chunks = [chunk for a, b in bounds for chunk in column.slice(a, b - a).chunks]
        return Run(
            tuple(topic_ids),
            np.cumsum([0, *(stop - start for start, stop in bounds)]),
            pa.chunked_array(chunks, pa.string()),
            np.concatenate([np.zeros(0), *(self.scores[a:b] for a, b in bounds)]),
            self.tag,
        )

    def rankings(self) -> Iterator[tuple[str, list[Hit]]]:
        """Every topic id with its hits."""
        for position, topic in enumerate(self.topic_ids):
            yield topic, self.hits(position)

    @classmethod
    def from_rankings(cls, rankings: Mapping[str, Iterable[tuple[str, float]]], tag: str) -> Run:
        """Build a run from plain lists of ``(docid, score)``; topics without hits are left out."""
        listed = {topic: list(hits) for topic, hits in rankings.items()}
        kept = {topic: hits for topic, hits in listed.items() if hits}
        lengths = np.array([0, *map(len, kept.values())], dtype=np.int64)
        flat = list(chain.from_iterable(kept.values()))
        docids = np.array([docid for docid, _ in flat], dtype=object)
        scores = np.array([score for _, score in flat], dtype=np.float64)
        return cls(tuple(kept), np.cumsum(lengths), docids, scores, tag)


def read_run(path: Path) -> Run:
    """Read a TREC run (``topic Q0 docid rank score tag``); ``#`` lines and gzip are accepted.

    The hits of a topic keep the order of their lines; measures rank them by score.

    Raises:
        DataError: for a malformed line, a score that is no finite number, or a passage twice for a
            topic; the message names file and line.
    """
    columns = read_columns(path, LAYOUT, "is ranked twice")
    scores: NDArray[np.float64] = columns.numbers.astype(np.float64, copy=False)
    run = Run(columns.topic_ids, columns.offsets, columns.docids, scores, _tag(path))
    run.__dict__["docid_keys"] = columns.keys
    return run


def _tag(path: Path) -> str:
    """The last column of the first line."""
    lines = (line for _, line in numbered_lines(path) if not line.startswith("#"))
    # Bytes, which split at ASCII white space alone, as in the reader.
    return next(lines).encode().split()[-1].decode()
