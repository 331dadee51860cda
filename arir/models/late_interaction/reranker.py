"""Rerank by late interaction."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from arir.losses.maxsim import maxsim
from arir.models.encoder_reranker import EncoderReranker
from arir.models.protocols import LateEncoder, Vectors

__all__ = ["LateInteractionReranker"]

#: candidates that are padded to one length and scored together
BLOCK = 256


class LateInteractionReranker(EncoderReranker[LateEncoder]):
    """Scores candidates by MaxSim; implements :class:`arir.models.protocols.Reranker`.

    Args:
        cache_size: passages whose token vectors are kept for later queries, the least recently
            used being dropped first; 5,000 of 100 tokens and dimension 128 take 250 MB.
    """

    def __init__(self, encoder: LateEncoder, cache_size: int = 5_000) -> None:
        super().__init__(encoder, cache_size)

    def _scores(self, query: str, passages: list[Vectors]) -> NDArray[np.float32]:
        """MaxSim; a passage without a token that counts stands below every other, by one."""
        matrix = self.encoder.encode_queries([query])[0]
        blocks = range(0, len(passages), BLOCK)
        scores = np.concatenate(
            [_maxsim(matrix, passages[start : start + BLOCK]) for start in blocks]
        )
        empty = np.isneginf(scores)
        scores[empty] = scores[~empty].min(initial=0) - 1
        return scores


@torch.inference_mode()
def _maxsim(query: Vectors, passages: list[Vectors]) -> NDArray[np.float32]:
    """MaxSim of a query with each passage; shape (passages,)."""
    if not len(query):
        return np.zeros(len(passages), dtype=np.float32)
    lengths = np.array([len(passage) for passage in passages])
    real = np.arange(max(1, lengths.max())) < lengths[:, None]
    padded = np.zeros((*real.shape, query.shape[1]), dtype=np.float32)
    padded[real] = np.concatenate(passages)
    vectors, mask = torch.from_numpy(padded), torch.from_numpy(real)
    scores: NDArray[np.float32] = maxsim(torch.from_numpy(query)[None], vectors, None, mask)[
        0
    ].numpy()
    return scores
