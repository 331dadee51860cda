"""Every fusion method once more, slowly: from the papers' formulas, passage by passage."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

Ranking = dict[str, float]


def ranked(hits: Ranking, depth: int) -> dict[str, int]:
    """Passage to rank, by score and then passage id, both descending."""
    order = sorted(((score, docid) for docid, score in hits.items()), reverse=True)[:depth]
    return {docid: rank for rank, (_, docid) in enumerate(order, 1)}


def normalised(hits: Ranking, depth: int, how: str) -> Ranking:
    ranks = ranked(hits, depth)
    scores = {docid: hits[docid] for docid in ranks}
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    deviation = statistics.pstdev(scores.values())
    if how == "min-max":
        return {d: (s - low) / (high - low) if high > low else 1.0 for d, s in scores.items()}
    if how == "z-score":
        return {d: (s - low) / deviation if deviation else 0.0 for d, s in scores.items()}
    if how == "rank":
        return {d: 1 - (ranks[d] - 1) / len(ranks) for d in scores}
    return scores


def fused(
    runs: Sequence[Ranking], method: str, weights: Sequence[float], how: str, k: float, depth: int
) -> Ranking:
    """The fused scores of one topic."""
    ranks = [ranked(run, depth) for run in runs]
    values = [normalised(run, depth, how) for run in runs]
    candidates = sorted({docid for run in ranks for docid in run})
    return {d: one(d, ranks, values, candidates, method, weights, k) for d in candidates}


def one(
    docid: str,
    ranks: list[dict[str, int]],
    values: list[Ranking],
    candidates: list[str],
    method: str,
    weights: Sequence[float],
    k: float,
) -> float:
    found = [run[docid] for run in values if docid in run]
    weighed = sum(w * run[docid] for w, run in zip(weights, values, strict=True) if docid in run)
    places = [(w, run[docid]) for w, run in zip(weights, ranks, strict=True) if docid in run]
    squares = sum(w / rank**2 for w, rank in places)
    if method == "rrf":
        return sum(w / (k + rank) for w, rank in places)
    if method == "isr":
        return len(places) * squares
    if method == "logisr":
        return math.log(len(places) + 0.01) * squares
    if method == "borda":
        return sum(
            w * points(docid, run, candidates) for w, run in zip(weights, ranks, strict=True)
        )
    if method == "condorcet":
        return sum(election(docid, other, ranks, weights) for other in candidates)
    return {
        "interpolation": weighed / sum(weights),
        "combsum": weighed,
        "combmnz": weighed * len(found),
        "combanz": statistics.fmean(found),
        "combmax": max(found),
        "combmin": min(found),
        "combmed": statistics.median(found),
    }[method]


def points(docid: str, run: dict[str, int], candidates: list[str]) -> float:
    left_over = [len(candidates) - rank for rank in range(len(run), len(candidates))]
    return len(candidates) - run[docid] + 1 if docid in run else statistics.fmean(left_over)


def election(docid: str, other: str, ranks: list[dict[str, int]], weights: Sequence[float]) -> int:
    balance = 0.0
    for weight, run in zip(weights, ranks, strict=True):
        mine, theirs = run.get(docid, math.inf), run.get(other, math.inf)
        balance += weight * ((mine < theirs) - (mine > theirs))
    return (balance > 0) - (balance < 0)
