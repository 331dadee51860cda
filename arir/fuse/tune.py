"""Choose the weights of a fusion by a measure: on other topics, or by cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from arir.data.runs import Run
from arir.evaluate.judged import JudgedHits
from arir.evaluate.judgments import Judgments
from arir.evaluate.measures import Measure
from arir.fuse.methods import Fusion
from arir.fuse.pool import Floats, Ints, Pool, pools

__all__ = [
    "CHOICES",
    "Choice",
    "best_weights",
    "folds_of",
    "grid_of_weights",
    "grid_values",
    "steady_weights",
]

#: chooses a row of the grid by its values, shape (G, T), over all topics
Choice = Callable[[Floats], int]


def grid_of_weights(runs: int, step: float) -> list[tuple[float, ...]]:
    """Equal weights, then all multiples of ``step`` that sum to 1, the more equal ones first.

    >>> grid_of_weights(2, 0.5)
    [(0.5, 0.5), (0.0, 1.0), (1.0, 0.0)]
    """
    parts = round(1 / step)
    # Stars and bars: how many parts stand between two bars is what one run gets.
    bars = combinations(range(parts + runs - 1), runs - 1)
    counts = [np.diff([-1, *bar, parts + runs - 1]) - 1 for bar in bars]
    counts.sort(key=lambda count: (int((count**2).sum()), count.tolist()))
    weights = [tuple((count / parts).tolist()) for count in counts]
    return list(dict.fromkeys([(1 / runs,) * runs, *weights]))


def grid_values(
    runs: Sequence[Run],
    judgments: Judgments,
    fusion: Fusion,
    grid: Sequence[tuple[float, ...]],
    measure: Measure,
) -> Floats:
    """The value of a measure for every weights of a grid and every judged topic, shape (G, T)."""
    parts = [
        _judged_ranks(pool, judgments, fusion, grid)
        for pool in pools(runs, judgments.topic_ids, fusion.depth)
    ]
    depth = np.sum([part.depth for part in parts], axis=0)
    topic = np.concatenate([part.topic for part in parts])
    grade = np.concatenate([part.grade for part in parts])
    ranks = np.concatenate([part.ranks for part in parts], axis=1)
    values = np.zeros((len(grid), len(judgments.topic_ids)))
    for at, rank in enumerate(ranks):
        order = np.lexsort((rank, topic))
        order = order[rank[order] <= fusion.hits]
        values[at] = measure(
            JudgedHits(
                topic[order],
                rank[order],
                grade[order],
                np.minimum(depth, fusion.hits),
                judgments.topic,
                judgments.grade,
            )
        )
    return values


@dataclass(frozen=True)
class _Ranked:
    """What is judged of a pool.

    Attributes:
        topic: shape (J,), the position of each judged passage's topic among the judgments'.
        grade: shape (J,).
        ranks: shape (G, J), under each of the weights.
        depth: shape (T,), the passages that the pool has for each judged topic.
    """

    topic: Ints
    grade: Ints
    ranks: Ints
    depth: Ints


def _judged_ranks(
    pool: Pool, judgments: Judgments, fusion: Fusion, grid: Sequence[tuple[float, ...]]
) -> _Ranked:
    rows, grade = _judged_rows(pool, judgments)
    sizes = np.diff(pool.bounds)
    place = np.arange(len(pool.docid)) - np.repeat(pool.bounds[:-1], sizes) + 1
    ranks = np.empty((len(grid), len(rows)), dtype=np.int64)
    evidence = fusion.evidence(pool)
    for at, weights in enumerate(grid):
        rank = np.empty_like(place)
        rank[pool.best_first(replace(fusion, weights=weights).scores(evidence))] = place
        ranks[at] = rank[rows]
    position = {topic: at for at, topic in enumerate(judgments.topic_ids)}
    judged = np.array([position[topic] for topic in pool.topic_ids], dtype=np.int64)
    depth = np.zeros(len(judgments.topic_ids), dtype=np.int64)
    depth[judged] = sizes
    return _Ranked(judged[pool.topic[rows]], grade, ranks, depth)


def _judged_rows(pool: Pool, judgments: Judgments) -> tuple[Ints, Ints]:
    """The pairs of a pool that are judged, and their grades."""
    position = {docid: at for at, docid in enumerate(pool.docids.to_pylist())}
    pairs = pool.topic * len(position) + pool.docid
    wanted = [
        (topic * len(position) + position[docid], grade)
        for topic, name in enumerate(pool.topic_ids)
        for docid, grade in judgments.qrels[name].items()
        if docid in position
    ]
    keys, grade = np.array(wanted, dtype=np.int64).reshape(-1, 2).T
    rows = np.searchsorted(pairs, keys)
    found = pairs[np.minimum(rows, len(pairs) - 1)] == keys
    return rows[found], grade[found]


def best_weights(values: Floats) -> int:
    """The row of the best mean; of equal means the first.

    Args:
        values: shape (G, T).

    >>> best_weights(np.array([[0.1, 0.2], [0.3, 0.0], [0.0, 0.3]]))
    0
    """
    means = values.mean(axis=1)
    # Means that differ by rounding alone are equal.
    return int(np.flatnonzero(means >= means.max() - 1e-12)[0])


def steady_weights(values: Floats) -> int:
    """The first row that is within one standard error of the best one.

    A grid begins with its most equal weights, so that these are kept unless the topics speak
    against them: weights that few topics drive to an end seldom carry over to another collection.
    The error is that of the paired difference to the best row (the one-standard-error rule of
    Breiman, Friedman, Olshen and Stone, Classification and Regression Trees, 1984, whose error is
    that of the best alone).

    Args:
        values: shape (G, T).

    >>> steady_weights(np.array([[0.5, 0.4, 0.6], [0.6, 0.4, 0.6], [0.0, 0.1, 0.1]]))
    0
    >>> steady_weights(np.array([[0.1, 0.2, 0.1], [0.6, 0.7, 0.6]]))
    1
    """
    losses = values[best_weights(values)] - values
    count = losses.shape[1]
    errors = losses.std(axis=1, ddof=1) / np.sqrt(count) if count > 1 else np.zeros(len(losses))
    return int(np.flatnonzero(losses.mean(axis=1) <= errors + 1e-12)[0])


#: how weights are chosen, by name
CHOICES: Mapping[str, Choice] = {"best": best_weights, "steady": steady_weights}


def folds_of(topics: int, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Shuffle topics into folds whose sizes differ by one at most.

    >>> [len(fold) for fold in folds_of(7, 3, seed=1)]
    [3, 2, 2]
    """
    shuffled = np.random.default_rng(seed).permutation(topics)
    return [np.sort(fold) for fold in np.array_split(shuffled, folds)]
