"""Rerank with a bi-encoder: passages are encoded once, whatever the number of queries."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
        self.cache_size = cache_size
        self._cache: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

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
        vectors = self._vectors([candidate.text for candidate in candidates])
        return ranked(candidates, vectors @ self.encoder.encode(query))

    def _vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """One vector a text, from the cache where it is there; shape (texts, dimension)."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._cache))
        found = {text: self._cache[text] for text in texts if text in self._cache}
        found |= dict(zip(missing, self.encoder.encode_passages(missing), strict=True))
        for text in dict.fromkeys(texts):
            # A copy of its own: a row would keep its whole batch in memory.
            self._cache[text] = found[text] if text in self._cache else found[text].copy()
            self._cache.move_to_end(text)
        while len(self._cache) > self.cache_size:
            self._cache.popitem(last=False)
        return np.stack([found[text] for text in texts])
