"""What a report shows, as plain values: no file, no statistics, nothing of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import Passage
from arir.data.runs import Hit

__all__ = [
    "DEPTH",
    "RECALL_LEVELS",
    "Estimate",
    "Pair",
    "ReportData",
    "ScoreDistribution",
    "System",
    "Topic",
    "TopicRanking",
]

Floats = NDArray[np.float64]

#: ranks shown a topic
DEPTH = 10
#: the recall levels of an 11-point curve
RECALL_LEVELS = tuple(level / 10 for level in range(11))


class Estimate(NamedTuple):
    """A value and its confidence interval; the bounds are NaN where there is none."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


class Topic(NamedTuple):
    """A query: its id, and its text where topics were given."""

    id: str
    text: str = ""


@dataclass(frozen=True)
class System:
    """One system with its means.

    Attributes:
        name: how the report calls it, different from every other system's name.
        letter: the label by which superscripts refer to it.
        means: measure to mean and interval.
        better_than: measure to the letters of the systems that it beats significantly.
    """

    name: str
    letter: str
    means: Mapping[str, Estimate]
    better_than: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pair:
    """One hypothesis: system ``first`` against ``second`` under one measure.

    Attributes:
        first, second: positions in :attr:`ReportData.systems`.
        difference: mean of ``first`` minus mean of ``second``.
        p, corrected_p: in (0, 1].
        effect: the effect size that :attr:`ReportData.effect` names.
        wins, ties, losses: topics on which ``first`` has the higher, same, lower value.
    """

    first: int
    second: int
    measure: str
    difference: Estimate
    p: float
    corrected_p: float
    significant: bool
    effect: Estimate
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class TopicRanking:
    """What one system ranked for one topic.

    Attributes:
        hits: the first ranks, best first.
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
class ReportData:
    """Everything that the page and the plots show, for S systems, T topics and M measures.

    Attributes:
        settings: test, sides, alpha, correction, seed and so on, as label and text.
        effect: the name of the effect size.
        level: of the confidence intervals, such as 0.95.
        values: shape (S, T, M), the value of every query.
        rankings: for each system, topic id to what it ranked: an entry without hits where it
            ranked nothing, no entry where the report leaves the topic's rankings out.
        qrels: topic id to passage id to grade.
        relevant_from: the lowest grade that counts as relevant.
        passages: the passages that may be shown, by id; empty without a corpus.
        curves: shape (S, 11), interpolated precision at :data:`RECALL_LEVELS`, mean over topics.
        scores: one distribution a system.

    Raises:
        ValueError: where the parts do not fit together.
    """

    title: str
    collection: str
    settings: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    measures: tuple[str, ...]
    systems: tuple[System, ...]
    pairs: tuple[Pair, ...]
    topics: tuple[Topic, ...]
    values: Floats
    rankings: tuple[Mapping[str, TopicRanking], ...]
    qrels: Mapping[str, Mapping[str, int]]
    curves: Floats
    scores: tuple[ScoreDistribution, ...]
    passages: Mapping[str, Passage] = field(default_factory=dict)
    effect: str = "effect size"
    level: float = 0.95
    relevant_from: int = 1

    def __post_init__(self) -> None:
        systems, shape = len(self.systems), (len(self.topics), len(self.measures))
        if self.values.shape != (systems, *shape):
            raise ValueError(f"values of shape {self.values.shape} for {systems} systems x {shape}")
        if self.curves.shape != (systems, len(RECALL_LEVELS)):
            raise ValueError(f"curves of shape {self.curves.shape} for {systems} systems")
        if not systems == len(self.rankings) == len(self.scores):
            raise ValueError("rankings and scores must be given for each system")

    def leaders(self) -> tuple[int, int]:
        """The two systems with the highest means under the first measure, best first.

        A report opens with them; with one system alone both are the same.
        """
        means = np.array([system.means[self.measures[0]].value for system in self.systems])
        best = np.argsort(-means, kind="stable")
        return int(best[0]), int(best[min(1, len(best) - 1)])
