"""What a comparison gave: everything that its tables, its page and its plots show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from arir.compare.config import TestName
from arir.compare.corrections import Correction
from arir.compare.effect_sizes import WinTieLoss
from arir.compare.significance.common import Estimate, Floats, Sides
from arir.data.qrels import Qrels

__all__ = [
    "Collection",
    "Comparison",
    "Design",
    "Detectable",
    "Gap",
    "Macro",
    "Pair",
    "System",
]


@dataclass(frozen=True)
class Design:
    """How a comparison was made.

    Attributes:
        confidence: 1 - alpha, of all intervals.
        baseline: the system that every pair has second; ``None`` for all pairs.
        measures: as ir-measures writes them.
        permutations: resamples B of the resampling tests.
        margin: of the equivalence test; ``None`` without one.
        family: the number of hypotheses that were corrected together.
        family_text: how it comes about, such as ``3 pairs x 2 measures``.
    """

    test: TestName
    sides: Sides
    alpha: float
    correction: Correction
    permutations: int
    seed: int
    power: float
    margin: float | None
    baseline: str | None
    measures: tuple[str, ...]
    family: int
    family_text: str

    @property
    def confidence(self) -> float:
        """Of all intervals; they are not corrected, but for Tukey's, which are simultaneous."""
        return 1 - self.alpha


@dataclass(frozen=True)
class System:
    """One system on one collection.

    Attributes:
        name: different from every other system's; the same on every collection.
        letter: ``a``, ``b`` ... ``z``, ``aa``; the same on every collection.
        values: measure to values, shape (topics,), in the order of :attr:`Collection.topic_ids`.
        means: measure to the mean and its t interval.
        better_than: measure to the letters of the systems that it is significantly better than.
        missing: judged topics that the run lacks; they count 0.
        unjudged_topics: topics of the run without judgments; they are left out.
        unjudged_share: of the first ten hits on the topics that the run holds.
        depth: hits on the topic that has most.
    """

    name: str
    letter: str
    path: Path
    tag: str
    values: Mapping[str, Floats]
    means: Mapping[str, Estimate]
    better_than: Mapping[str, tuple[str, ...]]
    missing: tuple[str, ...]
    unjudged_topics: tuple[str, ...]
    unjudged_share: float
    depth: int


@dataclass(frozen=True)
class Pair:
    """One hypothesis: system ``first`` against ``second`` under one measure.

    Attributes:
        difference: mean of ``first`` minus mean of ``second``, with its interval.
        p: in (0, 1].
        corrected_p: in (0, 1], corrected for the whole family.
        significant: whether ``corrected_p`` is at most alpha.
        better: the name of the system that the test speaks for; ``None`` for neither.
        statistic: of the test.
        method: how ``p`` came about, such as ``exact`` or ``Monte Carlo``.
        d: paired d; ``None`` where undefined.
        g: Hedges' g.
        delta: Cliff's delta.
        outcomes: topics on which ``first`` wins, ties, loses.
        minimal_difference: the smallest difference that a single paired t-test at alpha would find
            on these topics with the power of the design; ``None`` without variance.
        topics_needed: for such a test to find the observed effect; ``None`` where no number is.
        equivalence_p: corrected p of the equivalence test; ``None`` without a margin.
    """

    measure: str
    first: str
    second: str
    difference: Estimate
    p: float
    corrected_p: float
    significant: bool
    better: str | None
    statistic: float
    method: str
    d: Estimate
    g: Estimate
    delta: Estimate
    outcomes: WinTieLoss
    minimal_difference: float | None
    topics_needed: int | None
    equivalence_p: float | None = None


@dataclass(frozen=True)
class Detectable:
    """The smallest difference that a paired t-test finds, median over the pairs with variance.

    Attributes:
        single: at alpha.
        family: at alpha over the number of hypotheses, the level that Bonferroni's correction and
            Holm's first step demand.
    """

    single: float
    family: float


@dataclass(frozen=True)
class Collection:
    """The comparison on the topics of one set of qrels.

    Attributes:
        name: of the qrels file.
        topic_ids: all judged topics, sorted, so that no file's order can change a resample.
        queries: topic id to text; empty where no topics are known.
        pairs: by measure, then in the order of the systems.
        detectable: measure to what the topic set can detect; a measure without variance lacks.
        warnings: what a reader must know before believing the numbers.
    """

    name: str
    qrels_path: Path
    qrels: Qrels
    topic_ids: tuple[str, ...]
    queries: Mapping[str, str]
    systems: tuple[System, ...]
    pairs: tuple[Pair, ...]
    detectable: Mapping[str, Detectable]
    warnings: tuple[str, ...]

    def system(self, name: str) -> System | None:
        """The system of that name; ``None`` where it has no run on this collection."""
        return next((system for system in self.systems if system.name == name), None)

    def matrix(self, measure: str) -> Floats:
        """The values under one measure, shape (systems, topics)."""
        return np.stack([system.values[measure] for system in self.systems])


@dataclass(frozen=True)
class Gap:
    """The macro average on one group of collections minus that on another, for one system.

    Attributes:
        system: its name, or ``first - second`` for the difference of two systems' gaps.
        upper: the group that is named first.
        lower: the group that is subtracted.
        gap: with its interval.
    """

    measure: str
    system: str
    upper: str
    lower: str
    gap: Estimate


@dataclass(frozen=True)
class Macro:
    """Means over collections, each with the same weight, of the systems that have runs on all.

    Attributes:
        means: measure to system to the macro average and its interval.
        better_than: measure to system to the letters of those that it is significantly better than.
        pairs: macro-averaged differences; a family of their own.
        family: the number of hypotheses of that family.
        left_out: systems without a run on some collection.
    """

    means: Mapping[str, Mapping[str, Estimate]]
    better_than: Mapping[str, Mapping[str, tuple[str, ...]]]
    pairs: tuple[Pair, ...]
    family: int
    gaps: tuple[Gap, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """Systems compared on one collection or several.

    Attributes:
        letters: system name to letter, in the order of the tables.
        macro: ``None`` for one collection.
        warnings: those that belong to no single collection.
    """

    design: Design
    letters: Mapping[str, str]
    collections: tuple[Collection, ...]
    macro: Macro | None = None
    warnings: tuple[str, ...] = field(default=())
