"""Hybrid search: a dense and a sparse ranking, normalised topic by topic and interpolated."""

from __future__ import annotations

from arir.data.runs import Run

__all__ = ["interpolate"]


def interpolate(
    dense: Run, sparse: Run, *, alpha: float = 0.5, hits: int = 1000, tag: str = "hybrid"
) -> Run:
    """Interpolate two runs: ``alpha * minmax(dense) + (1 - alpha) * minmax(sparse)``.

    The first ``hits`` of each run are scaled to [0, 1] topic by topic; where all scores of a topic
    are equal, each becomes 1. A passage that one of them did not retrieve counts there as its worst
    hit, that is, 0. A topic of one run only keeps that run's ranking. Scores are rounded to single
    precision and ranked in trec_eval's order.

    Args:
        dense: the run that ``alpha`` weighs.
        sparse: the run that ``1 - alpha`` weighs; topics of which no word is indexed lack there.
        alpha: from 0 (sparse only) to 1 (dense only).
        hits: passages a topic, of each run and in the result.
        tag: the result's name.
    """
    from arir.fuse.fuse import merge
    from arir.fuse.methods import Fusion

    weights = (alpha, 1 - alpha)
    fusion = Fusion("interpolation", weights, normalisation="min-max", depth=hits, hits=hits)
    return merge((dense, sparse), fusion, tag=tag)
