"""The pool of several runs: every passage that one of them retrieved, with what each run says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import as_strings, numbers_of
from arir.data.runs import Run
from arir.evaluate.ranking import single_precision
from arir.fuse.order import trec_order

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Floats", "Ints", "Pool", "pools", "union_of_topics"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: topics pooled at a time, so that large runs need little memory
TOPICS = 256


@dataclass(frozen=True)
class Pool:
    """What R runs retrieved for T topics: N pairs of topic and passage.

    Attributes:
        topic_ids: the T topics.
        bounds: shape (T + 1,); the pairs of topic ``t`` are ``bounds[t]:bounds[t + 1]``.
        docids: the distinct passage ids.
        docid: shape (N,), the position of each pair's passage in :attr:`docids`.
        place: shape (N,), the place of its id among all ids in the order of their bytes.
        scores: shape (R, N), NaN where the run lacks the passage.
        ranks: shape (R, N), from 1, infinite where the run lacks the passage.
    """

    topic_ids: tuple[str, ...]
    bounds: Ints
    docids: pa.StringArray
    docid: Ints
    place: Ints
    scores: Floats
    ranks: Floats

    @property
    def topic(self) -> Ints:
        """The topic of each pair, shape (N,)."""
        return np.repeat(np.arange(len(self.topic_ids)), np.diff(self.bounds))

    @property
    def retrieved(self) -> NDArray[np.bool_]:
        """Which run retrieved what, shape (R, N)."""
        return np.isfinite(self.ranks)

    def best_first(self, fused: Floats) -> Ints:
        """The pairs topic by topic in trec_eval's order of their fused scores, shape (N,)."""
        return trec_order(self.topic, single_precision(fused), self.place)


def union_of_topics(runs: Sequence[Run]) -> tuple[str, ...]:
    """The topics of all runs: those of the first in its order, then what the others add."""
    return tuple(dict.fromkeys(topic for run in runs for topic in run.topic_ids))


def pools(
    runs: Sequence[Run], topics: Sequence[str], depth: int, at_a_time: int = TOPICS
) -> Iterator[Pool]:
    """Pool the first ``depth`` hits of each run, some topics at a time.

    Topics that no run has are left out. Hits rank as trec_eval ranks them: by score in single
    precision, then docid, both descending.
    """
    positions = [{topic: at for at, topic in enumerate(run.topic_ids)} for run in runs]
    known = set().union(*positions)
    wanted = [topic for topic in topics if topic in known]
    for first in range(0, len(wanted), at_a_time):
        chosen = tuple(wanted[first : first + at_a_time])
        parts = [_hits(*pair, chosen) for pair in zip(runs, positions, strict=True)]
        yield _pooled(chosen, parts, depth)


@dataclass(frozen=True)
class _Hits:
    """The hits of one run for some topics: Arrow chunks of ids, scores, and topic of each."""

    chunks: list[pa.StringArray]
    scores: Floats
    topic: Ints


def _hits(run: Run, positions: dict[str, int], topics: Sequence[str]) -> _Hits:
    chunks, scores, sizes = [], [np.zeros(0)], []
    for topic in topics:
        at = positions.get(topic)
        start, stop = (0, 0) if at is None else (int(run.offsets[at]), int(run.offsets[at + 1]))
        chunks += run.docid_column.slice(start, stop - start).chunks
        scores.append(run.scores[start:stop])
        sizes.append(stop - start)
    return _Hits(chunks, np.concatenate(scores), np.repeat(np.arange(len(topics)), sizes))


def _pooled(topics: tuple[str, ...], parts: list[_Hits], depth: int) -> Pool:
    docids, codes = _encoded(parts)
    places = _places(docids)
    ranks = [_ranks(part, places[code]) for part, code in zip(parts, codes, strict=True)]
    pairs = [part.topic * len(docids) + code for part, code in zip(parts, codes, strict=True)]
    kept = [rank <= depth for rank in ranks]
    distinct = np.unique(np.concatenate([p[k] for p, k in zip(pairs, kept, strict=True)]))
    scores = np.full((len(parts), len(distinct)), np.nan)
    pooled_ranks = np.full((len(parts), len(distinct)), np.inf)
    for at, part in enumerate(parts):
        column = np.searchsorted(distinct, pairs[at][kept[at]])
        scores[at, column] = part.scores[kept[at]]
        pooled_ranks[at, column] = ranks[at][kept[at]]
    topic, docid = np.divmod(distinct, max(len(docids), 1))
    bounds = np.searchsorted(topic, np.arange(len(topics) + 1))
    return Pool(topics, bounds, docids, docid, places[docid], scores, pooled_ranks)


def _encoded(parts: list[_Hits]) -> tuple[pa.StringArray, list[Ints]]:
    """The distinct ids, and for each run the position of every hit's id among them."""
    import pyarrow as pa

    chunks = [chunk for part in parts for chunk in part.chunks]
    encoded = pa.concat_arrays(chunks or [as_strings([])]).dictionary_encode()
    codes = numbers_of(encoded.indices).astype(np.int64)
    ends = np.cumsum([len(part.scores) for part in parts])
    return encoded.dictionary, np.split(codes, ends[:-1])


def _places(docids: pa.StringArray) -> Ints:
    """The place of each id in the order of bytes."""
    from pyarrow import compute

    order = numbers_of(compute.sort_indices(docids)).astype(np.int64)
    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    return places


def _ranks(hits: _Hits, place: Ints) -> Ints:
    """The rank of each hit within its topic; most runs are in order already."""
    score = single_precision(hits.scores)
    same_topic = hits.topic[1:] == hits.topic[:-1]
    later = (score[1:] > score[:-1]) | ((score[1:] == score[:-1]) & (place[1:] > place[:-1]))
    rank = np.arange(len(score)) - np.searchsorted(hits.topic, hits.topic) + 1
    if (later & same_topic).any():
        ranked = np.empty_like(rank)
        ranked[trec_order(hits.topic, score, place)] = rank
        return ranked
    return rank
