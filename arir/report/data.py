"""What a report shows: a comparison, and what was seen of the runs beyond their measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arir.compare import Collection, Comparison
from arir.data.collection import Passage
from arir.data.runs import Hit
from arir.evaluate import parse_measure

__all__ = [
    "DEPTH",
    "RECALL_LEVELS",
    "Observation",
    "Report",
    "ScoreDistribution",
    "Seen",
    "TopicRanking",
    "leaders",
    "relevant_from",
    "widest_first",
]

Floats = NDArray[np.float64]

#: ranks shown a topic
DEPTH = 10
#: the recall levels of an 11-point curve
RECALL_LEVELS = tuple(level / 10 for level in range(11))


@dataclass(frozen=True)
class TopicRanking:
    """What one system ranked for one topic.

    Attributes:
        hits: the first :data:`DEPTH` ranks, best first.
        ranks: the rank from 1 of every relevant passage that was retrieved, at any depth.
    """

    hits: tuple[Hit, ...]
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class ScoreDistribution:
    """How a system's scores are spread, over all topics and hits.

    Attributes:
        edges: shape (B + 1,), the borders of the bins.
        relevant: shape (B,), the number of relevant hits in each bin.
        other: shape (B,), the hits that are not relevant or not judged.
    """

    edges: Floats
    relevant: NDArray[np.int64]
    other: NDArray[np.int64]


@dataclass(frozen=True)
class Observation:
    """What was seen of one run.

    Attributes:
        rankings: topic id to ranking for the topics that the report shows, without hits where the
            run has none.
        curve: shape (11,), interpolated precision at :data:`RECALL_LEVELS`, mean over all topics.
        scores: over all hits of the judged topics.
    """

    rankings: Mapping[str, TopicRanking]
    curve: Floats
    scores: ScoreDistribution


@dataclass(frozen=True)
class Seen:
    """What was seen on one collection.

    Attributes:
        runs: one observation for each of the collection's systems, in their order.
        passages: the passages that the report may show, by id; empty without a corpus.
    """

    runs: tuple[Observation, ...]
    passages: Mapping[str, Passage] = field(default_factory=dict)


@dataclass(frozen=True)
class Report:
    """A comparison with what was seen on each of its collections, in their order.

    Raises:
        ValueError: where the two do not fit together.
    """

    title: str
    comparison: Comparison
    seen: tuple[Seen, ...]

    def __post_init__(self) -> None:
        for collection, seen in zip(self.comparison.collections, self.seen, strict=True):
            if len(collection.systems) != len(seen.runs):
                systems = f"{len(collection.systems)} systems"
                raise ValueError(f"{len(seen.runs)} observations for {systems}: {collection.name}")


def leaders(collection: Collection, measure: str, baseline: str | None) -> tuple[int, int]:
    """The two systems with which a report opens, as positions.

    They are the best under the measure and the baseline, or the second best without one. A system
    alone is both.
    """
    means = collection.matrix(measure).mean(axis=1)
    best = [int(at) for at in np.argsort(-means, kind="stable")]
    if baseline is not None:
        best.sort(key=lambda at: collection.systems[at].name == baseline)
        return best[0], best[-1]
    return best[0], best[min(1, len(best) - 1)]


def widest_first(values: Floats) -> NDArray[np.int64]:
    """Topics by the largest gap between two systems, widest first; a reader opens these.

    Args:
        values: shape (S, T), under one measure.

    Returns:
        Shape (T,), positions; equal gaps keep the order of the topics.

    >>> widest_first(np.array([[0.5, 0.1, 0.9], [0.5, 0.6, 0.3]])).tolist()
    [2, 1, 0]
    """
    return np.argsort(-np.ptp(values, axis=0), kind="stable")


def relevant_from(measure: str) -> int:
    """The lowest grade that a measure takes for relevant.

    >>> relevant_from("nDCG@10"), relevant_from("AP(rel=2)")
    (1, 2)
    """
    return int(parse_measure(measure).parameters.get("rel", 1))
