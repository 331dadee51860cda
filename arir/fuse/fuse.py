"""Fuse runs in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.fuse.methods import Fusion
from arir.fuse.pool import Floats, Ints, Pool, pools, union_of_topics

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["check_fusible", "fuse", "interpolate", "join", "merge"]

#: a score beyond would be infinite in single precision, which no run may hold
LARGEST = float(np.finfo(np.float32).max)


def fuse(
    runs: Sequence[Run], fusion: Fusion, *, topics: Sequence[str] | None = None, tag: str = "fused"
) -> Run:
    """Fuse runs topic by topic; a topic that a run lacks is fused from the others.

    Scores are rounded to single precision and ranked in trec_eval's order.

    Args:
        topics: those to fuse; by default all that any run has.

    Raises:
        EvaluationError: where the runs do not fit together, see :func:`check_fusible`.
    """
    check_fusible(runs)
    return merge(runs, fusion, topics=topics, tag=tag)


def merge(
    runs: Sequence[Run], fusion: Fusion, *, topics: Sequence[str] | None = None, tag: str = "fused"
) -> Run:
    """The same as :func:`fuse` for runs that are known to belong together; one may be empty."""
    chosen = union_of_topics(runs) if topics is None else topics
    return join([_fused(pool, fusion, tag) for pool in pools(runs, chosen, fusion.depth)], tag)


def interpolate(
    runs: Sequence[Run], weights: Sequence[float], *, hits: int = 1000, tag: str = "fused"
) -> Run:
    """Interpolate runs, min-max normalised topic by topic: sum_r w_r s_r / sum_r w_r."""
    return fuse(runs, Fusion("interpolation", tuple(weights), hits=hits), tag=tag)


def _fused(pool: Pool, fusion: Fusion, tag: str) -> Run:
    from pyarrow import compute

    from arir.data.arrow import as_numbers

    scores = fusion.scores(fusion.evidence(pool))
    order = pool.best_first(scores)
    rank = np.arange(len(order)) - np.repeat(pool.bounds[:-1], np.diff(pool.bounds))
    order = order[rank < fusion.hits]
    sizes = np.minimum(np.diff(pool.bounds), fusion.hits)
    docids = compute.take(pool.docids, as_numbers(pool.docid[order]))
    return Run(
        pool.topic_ids,
        np.concatenate([[0], np.cumsum(sizes)]),
        _chunked(docids),
        np.clip(scores[order], -LARGEST, LARGEST).astype(np.float32).astype(np.float64),
        tag,
    )


def _chunked(docids: pa.StringArray) -> pa.ChunkedArray:
    import pyarrow as pa

    return pa.chunked_array([docids])


def join(parts: Sequence[Run], tag: str) -> Run:
    """One run of several that share no topic, in their order."""
    import pyarrow as pa

    sizes: list[Ints] = [np.diff(part.offsets) for part in parts]
    scores: list[Floats] = [part.scores for part in parts]
    chunks = [chunk for part in parts for chunk in part.docid_column.chunks]
    return Run(
        tuple(topic for part in parts for topic in part.topic_ids),
        np.cumsum(np.concatenate([np.zeros(1, np.int64), *sizes])),
        pa.chunked_array(chunks, pa.string()),
        np.concatenate([np.zeros(0), *scores]),
        tag,
    )


def check_fusible(runs: Sequence[Run], names: Sequence[str] | None = None) -> None:
    """Check that runs are worth fusing.

    Raises:
        EvaluationError: where a run shares no topic with the others, or two runs hold the same
            hits with the same scores.
    """
    named = [run.tag for run in runs] if names is None else names
    for at, run in enumerate(runs):
        others = {topic for other in runs if other is not run for topic in other.topic_ids}
        if others.isdisjoint(run.topic_ids):
            example = f"it has {', '.join(run.topic_ids[:3])}"
            raise EvaluationError(
                f"the run shares no topic with the others: {example}",
                where=named[at],
                fix="fuse runs of the same topics",
            )
        for before in range(at):
            if _same(runs[before], run):
                raise EvaluationError(
                    f"the run holds the same hits and scores as {named[before]}",
                    where=named[at],
                    fix="name each system once; to let one count more, give it a --weight",
                )


def _same(one: Run, other: Run) -> bool:
    """Whether two runs are equal but for their tags (ids by their 64-bit keys)."""
    return (
        one.topic_ids == other.topic_ids
        and np.array_equal(one.offsets, other.offsets)
        and np.array_equal(one.scores, other.scores)
        and np.array_equal(one.docid_keys, other.docid_keys)
    )
