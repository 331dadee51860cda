"""An encoder and a reranker that need no model, for tests of what is built around them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from arir.models.protocols import Candidate, TokenVectors, Vectors


class HashEncoder:
    """Vectors from a hash of the text: the same text always gets the same vector, byte for byte."""

    def __init__(self, name: str = "hash", dimension: int = 8, profile: str = "none") -> None:
        self.name = name
        self.profile = profile
        self.dimension = dimension
        self.fingerprint = hashlib.sha256(f"{name} {dimension}".encode()).hexdigest()
        self.encoded: list[str] = []

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        self.encoded += passages
        return np.stack([self._vector(text) for text in passages])

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        return np.stack([self._vector(text) for text in queries])

    def encode(self, query: str) -> NDArray[np.float32]:
        return self._vector(query)

    def encode_batch(self, queries: Sequence[str]) -> Vectors:
        return self.encode_queries(queries)

    def _vector(self, text: str) -> NDArray[np.float32]:
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
        return np.random.default_rng(seed).standard_normal(self.dimension, dtype=np.float32)


class HashLateEncoder:
    """A unit vector from a hash of each word, the same wherever the word stands."""

    def __init__(self, name: str = "hash", dimension: int = 8, profile: str = "none") -> None:
        self.words = HashEncoder(name, dimension, profile)
        self.name = name
        self.profile = profile
        self.dimension = dimension
        self.fingerprint = self.words.fingerprint
        self.encoded: list[str] = []

    def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
        self.encoded += passages
        return self.encode_queries(passages)

    def encode_queries(self, queries: Sequence[str]) -> TokenVectors:
        rows = [self.words.encode(word) for text in queries for word in text.split()]
        values = np.stack([row / np.linalg.norm(row) for row in rows])
        offsets = np.cumsum([0, *(len(text.split()) for text in queries)], dtype=np.int64)
        return TokenVectors(values, offsets)


class LengthReranker:
    """The longer a passage, the better."""

    name = "length"
    profile = "none"

    def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        scored = [c._replace(score=float(len(c.text))) for c in candidates]
        return sorted(scored, key=lambda candidate: candidate.score, reverse=True)
