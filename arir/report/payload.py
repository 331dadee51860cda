"""The page's data as JSON values: numbers rounded to what is shown, passages numbered."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.report.data import (
    DEPTH,
    RECALL_LEVELS,
    Estimate,
    Pair,
    ReportData,
    ScoreDistribution,
    System,
)
from arir.report.details import PassageTable, topic_details
from arir.report.embed import json_for_script
from arir.report.palette import LIGHT, style_of

__all__ = ["MAX_BYTES", "payload", "widest_first"]

#: the size that the data should not exceed, so that a phone can still open the page
MAX_BYTES = 12_000_000


def payload(data: ReportData, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """Lay out ``data`` for the page; rankings are added until ``max_bytes`` are reached.

    Topics whose values differ most between the systems come first, since they are what a reader
    opens. The values of every topic are always there.
    """
    whole = _summary(data) | {"values": _values(data.values)}
    left = max_bytes - _size(whole)
    passages = PassageTable(data.passages)
    details: dict[str, Any] = {}
    for position in widest_first(data.values):
        one = topic_details(data, int(position), passages)
        if one is None:
            continue
        left -= _size(one) + passages.take_new_bytes()
        if left < 0 and details:
            break
        details[str(position)] = one
    return whole | {"details": details, "passages": passages.rows(details.values())}


def widest_first(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Topics by the largest gap between two systems under the first measure, widest first.

    Args:
        values: shape (S, T, M).

    Returns:
        Shape (T,), positions; equal gaps keep the order of the topics.

    >>> widest_first(np.array([[[0.5], [0.1], [0.9]], [[0.5], [0.6], [0.3]]])).tolist()
    [2, 1, 0]
    """
    gaps = np.ptp(values[:, :, 0], axis=0)
    return np.argsort(-gaps, kind="stable")


def _size(value: Any) -> int:
    return len(json_for_script(value).encode("utf-8"))


def _summary(data: ReportData) -> dict[str, Any]:
    return {
        "title": data.title,
        "collection": data.collection,
        "settings": [list(setting) for setting in data.settings],
        "warnings": list(data.warnings),
        "measures": list(data.measures),
        "effect": data.effect,
        "level": data.level,
        "depth": DEPTH,
        "relevantFrom": data.relevant_from,
        "systems": [_system(at, system, data.measures) for at, system in enumerate(data.systems)],
        "pairs": [_pair(pair, data.measures) for pair in data.pairs],
        "leaders": list(data.leaders()),
        "topics": [list(topic) for topic in data.topics],
        "recall": list(RECALL_LEVELS),
        "curves": [_numbers(curve) for curve in data.curves],
        "scores": [_distribution(scores) for scores in data.scores],
        "hasPassages": bool(data.passages),
    }


def _system(position: int, system: System, measures: tuple[str, ...]) -> dict[str, Any]:
    return {
        "hue": position % len(LIGHT),
        "dash": list(style_of(position).dash),
        "name": system.name,
        "letter": system.letter,
        "means": [_estimate(system.means[measure]) for measure in measures],
        "better": [system.better_than.get(measure, "") for measure in measures],
    }


def _pair(pair: Pair, measures: tuple[str, ...]) -> dict[str, Any]:
    return {
        "a": pair.first,
        "b": pair.second,
        "measure": measures.index(pair.measure),
        "difference": _estimate(pair.difference),
        "p": float(f"{pair.p:.4g}"),
        "corrected": float(f"{pair.corrected_p:.4g}"),
        "significant": bool(pair.significant),
        "effect": _estimate(pair.effect),
        "wtl": [pair.wins, pair.ties, pair.losses],
    }


def _estimate(estimate: Estimate) -> list[float | None]:
    return [_number(value) for value in estimate]


def _number(value: float, digits: int = 4) -> float | None:
    """Rounded; integers without their ``.0``, which adds up over many topics; NaN as null."""
    if not math.isfinite(value):
        return None
    rounded = round(value, digits)
    return int(rounded) if rounded == int(rounded) else rounded


def _numbers(values: NDArray[np.float64]) -> list[float | None]:
    return [_number(value) for value in values.tolist()]


def _values(values: NDArray[np.float64]) -> list[list[list[float | None]]]:
    """By measure, then system, then topic: the order in which the page reads them."""
    return [
        [_numbers(values[system, :, measure]) for system in range(values.shape[0])]
        for measure in range(values.shape[2])
    ]


def _distribution(scores: ScoreDistribution) -> dict[str, Any]:
    return {
        "edges": [float(f"{edge:.6g}") for edge in scores.edges],
        "relevant": scores.relevant.tolist(),
        "other": scores.other.tolist(),
    }
