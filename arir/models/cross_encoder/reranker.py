"""Rerank with a cross-encoder: all pairs tokenised once, sorted by length, batched by tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from arir.models.batching import run_batches, tokenise
from arir.models.cross_encoder.model import CrossEncoder
from arir.models.opened import OpenModel
from arir.models.pairs import score_in_blocks
from arir.models.protocols import Candidate
from arir.models.ranking import ranked
from arir.models.spec import ModelSpec
from arir.models.truncation import cut_text

__all__ = ["CrossEncoderReranker"]

DEFAULT_LENGTH = 512


class CrossEncoderReranker(OpenModel[CrossEncoder]):
    """Reads query and passage together; implements :class:`arir.models.protocols.Reranker`.

    Scores are raw logits, whatever the order and size of the batches. A pair too long is cut in the
    passage; only a query longer than half of the pair is cut too, to half.

    Attributes:
        truncation: counts the passages and queries that were cut.
    """

    def __init__(
        self, spec: ModelSpec, model: CrossEncoder, batch_tokens: int | None = None
    ) -> None:
        super().__init__(spec, model, batch_tokens)
        self._length = spec.pair_length or DEFAULT_LENGTH

    def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Score every candidate anew and give them back best first."""
        return ranked(candidates, self.score_pairs([(query, item.text) for item in candidates]))

    def score_pairs(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        """Score pairs of a query and a passage, of any number of queries; shape (pairs,).

        One call for many queries batches better than a call a query.
        """
        return score_in_blocks(pairs, self._score)

    def _score(self, pairs: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
        prepared = {query: self._prepare_query(query) for query, _ in pairs}
        queries = [prepared[query] for query, _ in pairs]
        passages = [self._normalise(passage) for _, passage in pairs]
        tokens = tokenise(self.model.tokenizer, queries, self._length, passages)
        self.truncation.add(tokens.truncated, "pairs", self._length)
        return run_batches(
            tokens, self.model.tokenizer, self.device, self.batch_tokens, self.model.logits
        )

    def _prepare_query(self, query: str) -> str:
        """Normalise a query, and leave the passage at least half of the pair."""
        normalised = self._normalise(query)
        limit = self._length // 2
        cut = cut_text(self.model.tokenizer, normalised, limit)
        self.truncation.add(int(cut != normalised), "queries", limit)
        return cut
