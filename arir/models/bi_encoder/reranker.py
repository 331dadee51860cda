"""Rerank with a bi-encoder: passages are encoded once, whatever the number of queries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from arir.models.passage_cache import PassageCache
from arir.models.protocols import Candidate, Encoder
from arir.models.ranking import ranked

__all__ = ["BiEncoderReranker"]


class BiEncoderReranker:
    """Scores candidates by the inner product; implements :class:`arir.models.protocols.Reranker`.

    Args:
        cache_size: passages whose vectors are kept for later queries, the least recently used
            being dropped first; 50,000 of dimension 768 take 150 MB.
    """

    def __init__(self, encoder: Encoder, cache_size: int = 50_000) -> None:
        self.encoder = encoder
        self._cache = PassageCache(lambda texts: encoder.encode_passages(texts), cache_size)

    @property
    def name(self) -> str:
        """What the encoder was asked for with."""
        return self.encoder.name

    @property
    def profile(self) -> str:
        """The normalisation profile of the encoder."""
        return self.encoder.profile

    def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Score every candidate anew and give them back best first."""
        if not candidates:
            return []
        vectors = np.stack(self._cache.arrays([candidate.text for candidate in candidates]))
        return ranked(candidates, vectors @ self.encoder.encode(query))
