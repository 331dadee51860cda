"""What the pipeline expects of a model, whatever family it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Candidate", "Encoder", "LateEncoder", "Reranker", "TokenVectors", "Vectors"]

#: single-precision vectors, one a row: shape (texts, dimension)
Vectors = NDArray[np.float32]


class Candidate(NamedTuple):
    """A passage to rerank: its id, its text, and the score it has so far."""

    docid: str
    text: str
    score: float = 0.0


@runtime_checkable
class Encoder(Protocol):
    """A bi-encoder: queries and passages become vectors whose inner product is the score.

    Vectors come out ready for an inner-product index: a cosine model's are of unit length.
    """

    @property
    def name(self) -> str:
        """What the encoder is called in a run's or an index's description."""

    @property
    def profile(self) -> str:
        """The normalisation profile that it applies to every text."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def fingerprint(self) -> str:
        """Hash that tells it from every other encoder, wherever its folder lies."""

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Encode queries; shape (queries, dimension)."""

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (passages, dimension)."""

    def encode(self, query: str) -> NDArray[np.float32]:
        """Encode one query, shape (dimension,); Pyserini's FaissSearcher calls this."""

    def encode_batch(self, queries: Sequence[str]) -> Vectors:
        """The same as :meth:`encode_queries`, under the name that Pyserini looks for."""


@dataclass(frozen=True)
class TokenVectors:
    """The token vectors of several texts end to end: iterating gives a matrix a text.

    Attributes:
        values: the vectors of all T tokens, single precision, shape (T, dimension).
        offsets: shape (N + 1,); text ``i`` is ``values[offsets[i]:offsets[i + 1]]``.

    >>> vectors = TokenVectors(np.zeros((3, 2), np.float32), np.array([0, 2, 3]))
    >>> [matrix.shape for matrix in vectors]
    [(2, 2), (1, 2)]
    """

    values: Vectors
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, place: int) -> Vectors:
        places = range(len(self))
        rows: Vectors = self.values[self.offsets[places[place]] : self.offsets[places[place] + 1]]
        return rows

    def __iter__(self) -> Iterator[Vectors]:
        return (self[place] for place in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Token vectors of each text; shape (N,)."""
        lengths: NDArray[np.int64] = np.diff(self.offsets)
        return lengths


@runtime_checkable
class LateEncoder(Protocol):
    """A late-interaction model: a text becomes a vector a token, and MaxSim is the score."""

    @property
    def name(self) -> str:
        """What the encoder is called in a run's or an index's description."""

    @property
    def profile(self) -> str:
        """The normalisation profile that it applies to every text."""

    @property
    def dimension(self) -> int:
        """Length of a token vector."""

    @property
    def fingerprint(self) -> str:
        """Hash that tells it from every other encoder, wherever its folder lies."""

    def encode_queries(self, queries: Sequence[str]) -> TokenVectors:
        """Encode queries."""

    def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
        """Encode passages."""


@runtime_checkable
class Reranker(Protocol):
    """Anything that can order candidates for a query."""

    @property
    def name(self) -> str:
        """What the reranker is called in a run's description."""

    @property
    def profile(self) -> str:
        """The normalisation profile that it applies to every text."""

    def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Score every candidate anew and give them back best first."""
