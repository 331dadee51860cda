"""Describe the tested pairs: effect sizes, outcomes, power."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arir.compare.config import CompareConfig
from arir.compare.effect_sizes import cliffs_delta, hedges_g, paired_d, win_tie_loss
from arir.compare.hypotheses import Outcome, Table
from arir.compare.power import minimal_effect, topics_needed
from arir.compare.result import Detectable, Pair
from arir.compare.significance import Estimate, equivalence_test, paired_differences
from arir.compare.significance.common import Floats, Pairs, is_constant

__all__ = ["described", "detectable"]


def described(
    table: Table,
    pairs: Pairs,
    names: Sequence[str],
    outcomes: list[list[Outcome]],
    config: CompareConfig,
) -> list[Pair]:
    """The pairs by measure, then in their order; p-values are not corrected yet."""
    return [
        _describe(measure, (names[a], names[b]), values[a], values[b], outcome, config)
        for (measure, values), found in zip(table.items(), outcomes, strict=True)
        for (a, b), outcome in zip(pairs, found, strict=True)
    ]


def _describe(
    measure: str,
    names: tuple[str, str],
    first: Floats,
    second: Floats,
    outcome: Outcome,
    config: CompareConfig,
) -> Pair:
    differences = paired_differences(first, second)
    confidence, result = 1 - config.alpha, outcome.result
    d = paired_d(first, second, confidence)
    return Pair(
        measure=measure,
        first=names[0],
        second=names[1],
        difference=Estimate(float(differences.mean()), outcome.interval),
        p=result.p,
        corrected_p=result.p,
        significant=False,
        better={1: names[0], 0: None, -1: names[1]}[result.direction],
        statistic=result.statistic,
        method=result.method,
        d=d,
        g=hedges_g(first, second, confidence),
        delta=cliffs_delta(first, second, confidence),
        outcomes=win_tie_loss(first, second),
        minimal_difference=_minimal_difference(differences, config),
        topics_needed=_topics_needed(d, config),
        equivalence_p=_equivalence_p(first, second, config),
    )


def _minimal_difference(differences: Floats, config: CompareConfig) -> float | None:
    if is_constant(differences):
        return None
    effect = minimal_effect(differences.size, config.alpha, config.power, config.sides)
    return effect * float(np.std(differences, ddof=1))


def _topics_needed(d: Estimate, config: CompareConfig) -> int | None:
    if d.value is None or d.interval is None:
        return None
    return topics_needed(d.value, config.alpha, config.power, config.sides)


def _equivalence_p(first: Floats, second: Floats, config: CompareConfig) -> float | None:
    if config.equivalence is None:
        return None
    return equivalence_test(first, second, config.equivalence, config.alpha).p


def detectable(
    pairs: Sequence[Pair], topics: int, family: int, config: CompareConfig
) -> dict[str, Detectable]:
    """What the topics can detect under each measure, for a family of hypotheses.

    Measures under which no pair has variance are left out.
    """
    level = config.alpha if config.correction == "none" else config.alpha / max(1, family)
    found: dict[str, Detectable] = {}
    for measure in dict.fromkeys(pair.measure for pair in pairs):
        singles = [p.minimal_difference for p in pairs if p.measure == measure]
        varied = [difference for difference in singles if difference is not None]
        if varied:
            single = float(np.median(varied))
            plain = minimal_effect(topics, config.alpha, config.power, config.sides)
            strict = minimal_effect(topics, level, config.power, config.sides)
            found[measure] = Detectable(single, single * strict / plain)
    return found
