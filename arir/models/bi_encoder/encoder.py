"""Encode queries and passages, fast: tokenised once, sorted by length, batched by tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from arir.models.batching import Features, Tokens, run_batches, tokenise
from arir.models.fingerprint import fingerprint
from arir.models.opened import OpenModel
from arir.models.protocols import Vectors
from arir.models.spec import ModelSpec

__all__ = ["BiEncoder", "unit_rows"]

#: texts that are tokenised and sorted together; bounds memory on large collections
BLOCK = 16_384


def unit_rows(vectors: Vectors) -> Vectors:
    """Scale every row to unit length; a zero row stays zero.

    >>> unit_rows(np.array([[3, 4], [0, 0]], dtype=np.float32)).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    norms[norms == 0] = 1
    scaled: Vectors = np.divide(vectors, norms, dtype=np.float32)
    return scaled


class BiEncoder(OpenModel[SentenceTransformer]):
    """An open bi-encoder; implements :class:`arir.models.protocols.Encoder`.

    Vectors equal those of ``SentenceTransformer.encode`` (of unit length for a cosine model) on the
    normalised, prefixed texts, whatever the order and size of the batches.
    """

    def __init__(
        self,
        spec: ModelSpec,
        model: SentenceTransformer,
        folder: Path,
        batch_tokens: int | None = None,
    ) -> None:
        super().__init__(spec, model, batch_tokens)
        self.folder = folder

    @cached_property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._run(tokenise(self.model.tokenizer, ["a"], 8)).shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights and of all that decides how a passage becomes a vector."""
        return fingerprint(self.folder, self.spec)

    def encode_queries(self, queries: Sequence[str]) -> Vectors:
        """Encode queries; shape (queries, dimension)."""
        return self._encode(queries, self.spec.query_prefix, self.spec.query_length or 512)

    def encode_passages(self, passages: Sequence[str]) -> Vectors:
        """Encode passages; shape (passages, dimension)."""
        return self._encode(passages, self.spec.passage_prefix, self.spec.passage_length or 512)

    def encode(self, query: str) -> NDArray[np.float32]:
        """Encode one query; shape (dimension,)."""
        vector: NDArray[np.float32] = self.encode_queries([query])[0]
        return vector

    def encode_batch(self, queries: Sequence[str]) -> Vectors:
        """The same as :meth:`encode_queries`, under the name that Pyserini looks for."""
        return self.encode_queries(queries)

    def _encode(self, texts: Sequence[str], prefix: str, max_length: int) -> Vectors:
        vectors = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(texts), BLOCK):
            block = [prefix + self._normalise(text) for text in texts[start : start + BLOCK]]
            tokens = tokenise(self.model.tokenizer, block, max_length)
            self.truncation.add(tokens.truncated, "texts", max_length)
            vectors[start : start + len(block)] = self._run(tokens)
        return unit_rows(vectors) if self.spec.similarity == "cosine" else vectors

    def _run(self, tokens: Tokens) -> Vectors:
        return run_batches(
            tokens, self.model.tokenizer, self.device, self.batch_tokens, self._forward
        )

    def _forward(self, features: Features) -> torch.Tensor:
        vectors: torch.Tensor = self.model(features)["sentence_embedding"]
        return vectors
