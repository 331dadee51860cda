"""The fusion methods by name: what each takes, and how it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from arir.fuse.condorcet import condorcet
from arir.fuse.normalise import Normalisation, normalised
from arir.fuse.pool import Floats, Ints, Pool
from arir.fuse.ranks import (
    borda,
    inverse_square_rank,
    log_inverse_square_rank,
    reciprocal_rank_fusion,
)
from arir.fuse.scores import (
    comb_anz,
    comb_max,
    comb_med,
    comb_min,
    comb_mnz,
    comb_sum,
    interpolation,
)

__all__ = ["METHODS", "Fusion", "Method", "MethodName"]

MethodName = Literal[
    "rrf",
    "interpolation",
    "combsum",
    "combmnz",
    "combanz",
    "combmax",
    "combmin",
    "combmed",
    "isr",
    "logisr",
    "borda",
    "condorcet",
]


@dataclass(frozen=True)
class Evidence:
    """All that a method may look at.

    Attributes:
        values: shape (R, N), normalised scores of R runs, NaN where a run lacks a passage.
        ranks: shape (R, N), infinite where a run lacks a passage.
        bounds: shape (T + 1,), the passages of topic ``t`` are ``bounds[t]:bounds[t + 1]``.
        weights: shape (R, 1).
        k: of reciprocal rank fusion.
    """

    values: Floats
    ranks: Floats
    bounds: Ints
    weights: Floats
    k: float


@dataclass(frozen=True)
class Method:
    """One method: whether it reads scores (or ranks alone), and whether runs can be weighed."""

    kernel: Callable[[Evidence], Floats]
    scores: bool = True
    weighted: bool = True


METHODS: dict[str, Method] = {
    "rrf": Method(lambda e: reciprocal_rank_fusion(e.ranks, e.weights, e.k), scores=False),
    "interpolation": Method(lambda e: interpolation(e.values, e.weights)),
    "combsum": Method(lambda e: comb_sum(e.values, e.weights)),
    "combmnz": Method(lambda e: comb_mnz(e.values, e.weights)),
    "combanz": Method(lambda e: comb_anz(e.values), weighted=False),
    "combmax": Method(lambda e: comb_max(e.values), weighted=False),
    "combmin": Method(lambda e: comb_min(e.values), weighted=False),
    "combmed": Method(lambda e: comb_med(e.values), weighted=False),
    "isr": Method(lambda e: inverse_square_rank(e.ranks, e.weights), scores=False),
    "logisr": Method(lambda e: log_inverse_square_rank(e.ranks, e.weights), scores=False),
    "borda": Method(lambda e: borda(e.ranks, e.bounds, e.weights), scores=False),
    "condorcet": Method(lambda e: condorcet(e.ranks, e.bounds, e.weights), scores=False),
}


@dataclass(frozen=True)
class Fusion:
    """A method with its parameters.

    Attributes:
        method: a name in :data:`METHODS`.
        weights: one for each run; ``None`` weighs all alike.
        normalisation: of the scores, for methods that read them.
        k: of reciprocal rank fusion.
        depth: hits of each run that are read.
        hits: hits a topic in the result.
    """

    method: str
    weights: tuple[float, ...] | None = None
    normalisation: Normalisation = "min-max"
    k: float = 60.0
    depth: int = 1000
    hits: int = 1000

    def evidence(self, pool: Pool) -> Evidence:
        """What the method looks at in a pool."""
        how: Normalisation = self.normalisation if METHODS[self.method].scores else "none"
        values = normalised(pool.scores, pool.ranks, pool.bounds, how)
        return Evidence(values, pool.ranks, pool.bounds, self._weights(len(values)), self.k)

    def scores(self, evidence: Evidence) -> Floats:
        """The fused score of every pair of a pool, shape (N,), under these weights."""
        weighed = replace(evidence, weights=self._weights(len(evidence.values)))
        return METHODS[self.method].kernel(weighed)

    def _weights(self, runs: int) -> Floats:
        return np.array(self.weights or (1.0,) * runs, dtype=np.float64)[:, None]
