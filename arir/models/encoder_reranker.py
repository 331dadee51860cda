"""Rerank with an encoder of any family: passages are encoded once, whatever the topics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from arir.models.passage_cache import PassageCache
from arir.models.protocols import Candidate, Encoder, LateEncoder
from arir.models.ranking import ranked

__all__ = ["EncoderReranker"]

AnyEncoder = TypeVar("AnyEncoder", bound=Encoder | LateEncoder)


class EncoderReranker(ABC, Generic[AnyEncoder]):
    """Scores candidates by their vectors; implements :class:`arir.models.protocols.Reranker`.

    Args:
        cache_size: passages whose vectors are kept for later queries, the least recently used
            being dropped first.
    """

    def __init__(self, encoder: AnyEncoder, cache_size: int) -> None:
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
        passages = self._cache.arrays([candidate.text for candidate in candidates])
        return ranked(candidates, self._scores(query, passages))

    @abstractmethod
    def _scores(self, query: str, passages: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        """The scores of passages, each given by its vector or vectors; shape (passages,)."""
