"""Rerank with a bi-encoder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from arir.models.encoder_reranker import EncoderReranker
from arir.models.protocols import Encoder

__all__ = ["BiEncoderReranker"]


class BiEncoderReranker(EncoderReranker[Encoder]):
    """Scores candidates by the inner product; implements :class:`arir.models.protocols.Reranker`.

    Args:
        cache_size: passages whose vectors are kept for later queries, the least recently used
            being dropped first; 50,000 of dimension 768 take 150 MB.
    """

    def __init__(self, encoder: Encoder, cache_size: int = 50_000) -> None:
        super().__init__(encoder, cache_size)

    def _scores(self, query: str, passages: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        scores: NDArray[np.float32] = np.stack(passages) @ self.encoder.encode(query)
        return scores
