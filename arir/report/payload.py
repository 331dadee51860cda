"""The page's data as JSON values."""

from __future__ import annotations

from typing import Any

from arir.compare import Collection
from arir.report.data import (
    DEPTH,
    RECALL_LEVELS,
    Report,
    ScoreDistribution,
    Seen,
    leaders,
    relevant_from,
    widest_first,
)
from arir.report.details import PassageTable, topic_details
from arir.report.embed import json_for_script
from arir.report.method import method_lines
from arir.report.numbers import number, numbers, significant_digits
from arir.report.statistics import macro_values, pair_values, system_values

__all__ = ["MAX_BYTES", "payload"]

#: the size that the data should not exceed, so that a phone can still open the page
MAX_BYTES = 12_000_000


def payload(report: Report, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Lay out a report for the page; rankings are added until ``max_bytes`` are reached.

    Topics whose values differ most between the systems come first. The values of every topic are
    always there. Collections share the bytes equally.
    """
    comparison, design = report.comparison, report.comparison.design
    share = max_bytes // len(report.seen)
    return {
        "title": report.title,
        "measures": list(design.measures),
        "confidence": number(design.confidence),
        "power": number(design.power),
        "baseline": design.baseline,
        "depth": DEPTH,
        "relevantFrom": relevant_from(design.measures[0]),
        "recall": list(RECALL_LEVELS),
        "settings": [list(line) for line in method_lines(comparison)],
        "warnings": list(comparison.warnings),
        "macro": macro_values(comparison),
        "collections": [
            _collection(collection, seen, report, share)
            for collection, seen in zip(comparison.collections, report.seen, strict=True)
        ],
    }


def _collection(
    collection: Collection, seen: Seen, report: Report, max_bytes: int
) -> dict[str, Any]:
    """One collection with as many rankings as there is room for."""
    measures = report.comparison.design.measures
    whole = _summary(collection, seen, report)
    left = max_bytes - _size(whole)
    table = PassageTable(seen.passages)
    lowest = relevant_from(measures[0])
    details: dict[str, Any] = {}
    for position in widest_first(collection.matrix(measures[0])).tolist():
        topic = collection.topic_ids[position]
        grades = collection.qrels.get(topic, {})
        one = topic_details(topic, seen.runs, grades, lowest, table)
        if one is None:
            continue
        left -= _size(one) + table.take_new_bytes()
        if left < 0 and details:
            break
        details[str(position)] = one
    return whole | {"details": details, "passages": table.rows(details.values())}


def _size(value: Any) -> int:
    return len(json_for_script(value).encode("utf-8"))


def _summary(collection: Collection, seen: Seen, report: Report) -> dict[str, Any]:
    design = report.comparison.design
    names = [system.name for system in collection.systems]
    return {
        "name": collection.name,
        "warnings": list(collection.warnings),
        "systems": [system_values(system, report.comparison) for system in collection.systems],
        "pairs": pair_values(collection.pairs, names, design.measures),
        "leaders": list(leaders(collection, design.measures[0], design.baseline)),
        "topics": [[topic, collection.queries.get(topic, "")] for topic in collection.topic_ids],
        "values": [
            [numbers(row) for row in collection.matrix(measure).tolist()]
            for measure in design.measures
        ],
        "detectable": [_detectable(collection, measure) for measure in design.measures],
        "curves": [numbers(run.curve.tolist()) for run in seen.runs],
        "scores": [_distribution(run.scores) for run in seen.runs],
        "hasPassages": bool(seen.passages),
    }


def _detectable(collection: Collection, measure: str) -> list[float | None] | None:
    found = collection.detectable.get(measure)
    return None if found is None else [number(found.single), number(found.family)]


def _distribution(scores: ScoreDistribution) -> dict[str, Any]:
    return {
        "edges": [significant_digits(edge) for edge in scores.edges.tolist()],
        "relevant": scores.relevant.tolist(),
        "other": scores.other.tolist(),
    }
