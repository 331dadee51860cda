"""Vectors of a new vocabulary as means of vectors of an old one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["AT_RANDOM", "NewEmbeddings", "new_embeddings"]

#: what is said of pieces of which nothing is known
AT_RANDOM = "at random"

Matrix = NDArray[np.float32]


class NewEmbeddings(NamedTuple):
    """Vectors of a vocabulary and where they come from."""

    #: shape (pieces, width)
    vectors: Matrix
    #: origin -> how many pieces, in the order in which origins were tried
    counts: dict[str, int]


def new_embeddings(
    kept: csr_array,
    evidence: Mapping[str, csr_array],
    teacher: Matrix,
    ordinary: NDArray[np.bool_],
    seed: int,
) -> NewEmbeddings:
    """Vectors of V pieces from vectors of T others.

    A piece that is kept has the teacher's vector itself. Another one has the weighted mean of the
    first evidence that speaks of it, scaled to the mean length of ordinary vectors, since means of
    many are short. One that nothing speaks of is drawn from the normal distribution that has the
    mean and covariance of ordinary vectors, and scaled likewise (Hewitt, "Initializing New Word
    Embeddings for Pretrained Language Models", 2021).

    Args:
        kept: 1 where a piece is one of the teacher's, shape (V, T), at most one in a row.
        evidence: origin -> weights of the teacher's vectors, shape (V, T); rows sum to 1 or are
            empty. Earlier origins go first.
        teacher: shape (T, width).
        ordinary: which of the teacher's vectors are of trained pieces, shape (T,).
        seed: of the draws.

    >>> from scipy.sparse import csr_array
    >>> teacher = np.eye(2, dtype=np.float32)
    >>> made = new_embeddings(
    ...     csr_array([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]]),
    ...     {"translation": csr_array([[0.0, 0.0], [0.5, 0.5], [0.0, 0.0]])},
    ...     teacher, np.array([True, True]), seed=0,
    ... )
    >>> made.vectors[:2].round(3).tolist()
    [[0.0, 1.0], [0.7070000171661377, 0.7070000171661377]]
    >>> made.counts
    {'kept': 1, 'translation': 1, 'at random': 1}
    """
    length = float(np.linalg.norm(teacher[ordinary], axis=1).mean())
    vectors = _scaled(_draws(teacher[ordinary], kept.shape[0], seed), length)
    open_ = _filled(kept) == 0
    vectors[~open_] = (kept @ teacher)[~open_]
    counts = {"kept": int((~open_).sum())}
    for origin, weights in evidence.items():
        rows = np.flatnonzero(open_ & (_filled(weights) > 0))
        vectors[rows] = _scaled(weights[rows] @ teacher.astype(np.float64), length)
        open_[rows] = False
        counts[origin] = len(rows)
    return NewEmbeddings(vectors, {**counts, AT_RANDOM: int(open_.sum())})


def _filled(weights: csr_array) -> NDArray[np.int64]:
    filled: NDArray[np.int64] = np.diff(weights.indptr)
    return filled


def _draws(vectors: Matrix, count: int, seed: int) -> NDArray[np.float64]:
    wide = vectors.astype(np.float64)
    spread = np.atleast_2d(np.cov(wide, rowvar=False, bias=True))
    generator = np.random.default_rng(seed)
    return generator.multivariate_normal(wide.mean(axis=0), spread, size=count, method="eigh")


def _scaled(vectors: NDArray[np.float64], length: float) -> Matrix:
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    scaled: Matrix = (vectors * (length / np.where(norms == 0, 1, norms))).astype(np.float32)
    return scaled
