"""A comparison as plain values, for JSON and CSV."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from arir.compare.query_tables import query_tables
from arir.compare.result import Collection, Comparison, Design, Macro, Pair, System
from arir.compare.significance.common import Estimate
from arir.display import records

__all__ = ["design_record", "json_document", "pair_record", "system_records"]


def json_document(comparison: Comparison, queries: int = 0) -> str:
    """Everything but the values of single topics, which --per-query writes.

    Args:
        queries: how many of the hardest queries, and of the largest gains and losses, to list; 0
            leaves the analysis of queries out.
    """
    document: dict[str, Any] = {
        "design": asdict(comparison.design) | {"confidence": comparison.design.confidence},
        "letters": dict(comparison.letters),
        "collections": [_collection(collection) for collection in comparison.collections],
        "macro": None if comparison.macro is None else _macro(comparison.macro),
        "warnings": list(comparison.warnings),
    }
    if queries:
        tables = query_tables(comparison, queries)
        document["queries"] = [{"title": t.title, "rows": records(t)} for t in tables]
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _collection(collection: Collection) -> dict[str, Any]:
    return {
        "name": collection.name,
        "qrels": collection.qrels_path.as_posix(),
        "topics": len(collection.topic_ids),
        "systems": [_system(system) for system in collection.systems],
        "pairs": [pair_record(collection, pair) for pair in collection.pairs],
        "detectable": {measure: asdict(found) for measure, found in collection.detectable.items()},
        "warnings": list(collection.warnings),
    }


def _system(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "letter": system.letter,
        "run": system.path.as_posix(),
        "tag": system.tag,
        "means": {
            measure: _estimate("mean", mean) | {"better_than": list(system.better_than[measure])}
            for measure, mean in system.means.items()
        },
        "missing_topics": list(system.missing),
        "unjudged_topics": list(system.unjudged_topics),
        "unjudged_share_top_10": system.unjudged_share,
        "depth": system.depth,
    }


def system_records(system: System) -> list[dict[str, Any]]:
    """One flat record a measure."""
    return [
        {"measure": measure, "system": system.name, **_estimate("mean", mean)}
        for measure, mean in system.means.items()
    ]


def pair_record(collection: Collection, pair: Pair) -> dict[str, Any]:
    """One flat record, with the means of both systems."""
    means = {system.name: system.means[pair.measure].value for system in collection.systems}
    return {
        "measure": pair.measure,
        "first": pair.first,
        "second": pair.second,
        "first_mean": means[pair.first],
        "second_mean": means[pair.second],
        "topics": len(collection.topic_ids),
        **_difference(pair),
        **_estimate("d", pair.d),
        **_estimate("hedges_g", pair.g),
        **_estimate("cliffs_delta", pair.delta),
        "minimal_difference": pair.minimal_difference,
        "topics_needed": pair.topics_needed,
        "equivalence_p": pair.equivalence_p,
    }


def design_record(design: Design) -> dict[str, Any]:
    """How the pairs were tested, flat, to stand in every line."""
    return {
        "test": design.test,
        "sides": design.sides,
        "alpha": design.alpha,
        "correction": design.correction,
        "family": design.family,
        "permutations": design.permutations,
        "seed": design.seed,
        "power": design.power,
        "equivalence_margin": design.margin,
    }


def _difference(pair: Pair) -> dict[str, Any]:
    return {
        **_estimate("difference", pair.difference),
        "p": pair.p,
        "corrected_p": pair.corrected_p,
        "significant": pair.significant,
        "better": pair.better,
        "statistic": pair.statistic,
        "method": pair.method,
        "wins": pair.outcomes.wins,
        "ties": pair.outcomes.ties,
        "losses": pair.outcomes.losses,
    }


def _macro(macro: Macro) -> dict[str, Any]:
    pairs = [
        {"measure": pair.measure, "first": pair.first, "second": pair.second, **_difference(pair)}
        for pair in macro.pairs
    ]
    gaps = [
        {
            "measure": gap.measure,
            "system": gap.system,
            "first_group": gap.upper,
            "second_group": gap.lower,
            **_estimate("gap", gap.gap),
        }
        for gap in macro.gaps
    ]
    return {
        "means": {measure: _means(macro, measure) for measure in macro.means},
        "family": macro.family,
        "pairs": pairs,
        "gaps": gaps,
        "left_out": list(macro.left_out),
    }


def _means(macro: Macro, measure: str) -> Mapping[str, Any]:
    return {
        name: _estimate("mean", mean) | {"better_than": list(macro.better_than[measure][name])}
        for name, mean in macro.means[measure].items()
    }


def _estimate(name: str, estimate: Estimate) -> dict[str, float | None]:
    low, high = estimate.interval or (None, None)
    return {name: estimate.value, f"{name}_low": low, f"{name}_high": high}
