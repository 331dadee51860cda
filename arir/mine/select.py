"""Choose the negatives of one query from its candidates."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from arir.mine.candidates import merged_candidates
from arir.mine.config import MineConfig
from arir.mine.false_negatives import false_negatives, highest_score

__all__ = ["Judged", "Selection", "judged", "select_negatives"]


@dataclass(frozen=True)
class Judged:
    """The judgments of a query, by what mining makes of them.

    Attributes:
        positives: of a grade that counts as relevant, in the order of the qrels.
        negatives: judged not relevant (grade 0); taken without looking at their scores.
        between: of a lower grade than a positive's: neither.
    """

    positives: tuple[str, ...]
    negatives: frozenset[str]
    between: frozenset[str]


def judged(grades: Mapping[str, int], relevant: int = 1) -> Judged:
    """Sort the judgments of a query; a grade below 0 is none, as in trec_eval.

    >>> judged({"a": 2, "b": 1, "c": 0, "d": -1}, relevant=2)
    Judged(positives=('a',), negatives=frozenset({'c'}), between=frozenset({'b'}))
    """
    return Judged(
        tuple(docid for docid, grade in grades.items() if grade >= relevant),
        frozenset(docid for docid, grade in grades.items() if grade == 0),
        frozenset(docid for docid, grade in grades.items() if 0 < grade < relevant),
    )


@dataclass(frozen=True)
class Selection:
    """What became of the candidates of a query.

    Attributes:
        negatives: taken, in the order of the candidates.
        dropped: candidates that score too near to the positive, or above it.
        unchecked: candidates that no score speaks for or against.
        guarded: a positive has a score, so that candidates can be checked at all.
    """

    negatives: tuple[str, ...]
    dropped: int
    unchecked: int
    guarded: bool


def select_negatives(
    query: str,
    known: Judged,
    rankings: Sequence[Sequence[str]],
    sources: Sequence[Mapping[str, float]],
    config: MineConfig,
) -> Selection:
    """Choose negatives as the settings say; the same choice whatever the other queries are.

    Args:
        query: its id, from which and from the seed the random choice follows.
        known: its judgments.
        rankings: docids of each run, best first.
        sources: passage id to score, a mapping for each scale; empty without margins.
        config: the settings.
    """
    taboo = known.between.union(known.positives)
    merged = merged_candidates(rankings, config.depth, config.skip_top, known.negatives)
    candidates = [docid for docid in merged if docid not in taboo]
    doubtful = [docid for docid in candidates if docid not in known.negatives]
    speaking = [source for source in sources if any(p in source for p in known.positives)]
    dropped = {docid for source in speaking for docid in _too_high(doubtful, known, source, config)}
    checked = {docid for source in speaking for docid in doubtful if docid in source}
    kept = [docid for docid in candidates if docid not in dropped]
    return Selection(
        negatives=tuple(_sampled(kept, query, config)),
        dropped=len(dropped),
        unchecked=len(doubtful) - len(checked) if sources else 0,
        guarded=bool(speaking),
    )


def _too_high(
    doubtful: list[str], known: Judged, source: Mapping[str, float], config: MineConfig
) -> list[str]:
    """The candidates that a source, which scores at least one positive, takes for relevant."""
    positives = [source[docid] for docid in known.positives if docid in source]
    highest = highest_score(positives, config.margin, config.relative_margin)
    scores = np.array([source.get(docid, np.nan) for docid in doubtful], dtype=np.float64)
    return [doubtful[place] for place in np.flatnonzero(false_negatives(scores, highest))]


def _sampled(kept: list[str], query: str, config: MineConfig) -> list[str]:
    if config.sampling == "top" or len(kept) <= config.negatives:
        return kept[: config.negatives]
    # A generator a query: leaving a query out changes the negatives of no other.
    drawn = random.Random(f"{config.seed} {query}").sample(range(len(kept)), config.negatives)
    return [kept[place] for place in sorted(drawn)]
