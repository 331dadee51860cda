"""Systems, pairs and macro averages as JSON values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from arir.compare import Collection, Comparison, Macro, Pair, System
from arir.report.numbers import estimate, number, significant_digits
from arir.report.palette import LIGHT, style_of

__all__ = ["macro_values", "pair_values", "system_values"]


def system_values(system: System, comparison: Comparison) -> dict[str, Any]:
    """One system; it is drawn the same on every collection."""
    place = list(comparison.letters).index(system.name)
    measures = comparison.design.measures
    return {
        "name": system.name,
        "letter": system.letter,
        "hue": place % len(LIGHT),
        "dash": list(style_of(place).dash),
        "means": [estimate(system.means[measure]) for measure in measures],
        "better": [" ".join(system.better_than.get(measure, ())) for measure in measures],
    }


def pair_values(
    pairs: Sequence[Pair], names: Sequence[str], measures: Sequence[str]
) -> list[dict[str, Any]]:
    """Pairs; systems and measures as positions in ``names`` and ``measures``."""
    place = {name: at for at, name in enumerate(names)}
    return [
        {
            "a": place[pair.first],
            "b": place[pair.second],
            "measure": measures.index(pair.measure),
            "difference": estimate(pair.difference),
            "g": estimate(pair.g),
            "delta": estimate(pair.delta),
            "p": significant_digits(pair.p, 4),
            "corrected": significant_digits(pair.corrected_p, 4),
            "significant": pair.significant,
            "better": None if pair.better is None else place[pair.better],
            "wtl": [pair.outcomes.wins, pair.outcomes.ties, pair.outcomes.losses],
            "detectable": number(pair.minimal_difference),
            "needed": pair.topics_needed,
            "equivalence": _p(pair.equivalence_p),
        }
        for pair in pairs
    ]


def _p(value: float | None) -> float | None:
    return None if value is None else significant_digits(value, 4)


def macro_values(comparison: Comparison) -> dict[str, Any] | None:
    """Means by collection, macro averages and gaps; ``None`` for one collection."""
    macro = comparison.macro
    if macro is None:
        return None
    names, measures = list(comparison.letters), comparison.design.measures
    return {
        "systems": names,
        "letters": list(comparison.letters.values()),
        "means": [
            [_means_by_collection(comparison.collections, measure, name) for name in names]
            for measure in measures
        ],
        "averages": [[_average(macro, measure, name) for name in names] for measure in measures],
        "better": [
            [" ".join(macro.better_than.get(measure, {}).get(name, ())) for name in names]
            for measure in measures
        ],
        "pairs": pair_values(macro.pairs, names, measures),
        "family": macro.family,
        "gaps": [
            {
                "measure": measures.index(gap.measure),
                "system": gap.system,
                "groups": [gap.upper, gap.lower],
                "gap": estimate(gap.gap),
            }
            for gap in macro.gaps
        ],
        "leftOut": list(macro.left_out),
    }


def _means_by_collection(
    collections: Sequence[Collection], measure: str, name: str
) -> list[float | None]:
    systems = [collection.system(name) for collection in collections]
    return [None if system is None else number(system.means[measure].value) for system in systems]


def _average(macro: Macro, measure: str, name: str) -> list[float | None] | None:
    found = macro.means.get(measure, {}).get(name)
    return None if found is None else estimate(found)
