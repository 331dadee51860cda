"""Encode queries and passages into a vector a token: sorted by length, batched by tokens."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import MultiVectorEncoder

from arir.models.batching import Tokens, padded_batches, tokenise
from arir.models.fingerprint import fingerprint
from arir.models.late_interaction.model import Role, token_vectors
from arir.models.opened import OpenModel
from arir.models.protocols import TokenVectors, Vectors
from arir.models.spec import ModelSpec

__all__ = ["LateInteractionEncoder"]

#: texts that are tokenised and sorted together; bounds memory on large collections
BLOCK = 8_192


class LateInteractionEncoder(OpenModel[MultiVectorEncoder]):
    """An open late-interaction model; implements :class:`arir.models.protocols.LateEncoder`.

    Vectors equal those of ``MultiVectorEncoder.encode_query`` and ``encode_document`` on the
    normalised texts, whatever the order and size of the batches. What does not count in MaxSim,
    padding and a passage's punctuation, has no vector.
    """

    def __init__(
        self,
        spec: ModelSpec,
        model: MultiVectorEncoder,
        folder: Path,
        batch_tokens: int | None = None,
    ) -> None:
        super().__init__(spec, model, batch_tokens)
        self.folder = folder

    @cached_property
    def dimension(self) -> int:
        """Length of a token vector."""
        values, _ = self._run(tokenise(self.model.tokenizer, ["a"], 8), "passage")
        return int(values.shape[1])

    @cached_property
    def fingerprint(self) -> str:
        """Hash of the weights and of all that decides how a passage becomes vectors."""
        return fingerprint(self.folder, self.spec)

    def encode_queries(self, queries: Sequence[str]) -> TokenVectors:
        """Encode queries, with the query's prefix, length and expansion."""
        return self._encode(queries, "query", self.spec.query_prefix, self.spec.query_length)

    def encode_passages(self, passages: Sequence[str]) -> TokenVectors:
        """Encode passages, with the passage's prefix and length, punctuation left out."""
        return self._encode(passages, "passage", self.spec.passage_prefix, self.spec.passage_length)

    def _encode(
        self, texts: Sequence[str], role: Role, prefix: str, max_length: int | None
    ) -> TokenVectors:
        limit = max_length or 512
        values = [np.empty((0, self.dimension), dtype=np.float32)]
        lengths = [np.zeros(1, dtype=np.int64)]
        for start in range(0, len(texts), BLOCK):
            block = [prefix + self._normalise(text) for text in texts[start : start + BLOCK]]
            tokens = tokenise(self.model.tokenizer, block, limit)
            self.truncation.add(tokens.truncated, "texts", limit)
            some_values, some_lengths = self._run(tokens, role)
            values.append(some_values)
            lengths.append(some_lengths)
        return TokenVectors(np.concatenate(values), np.concatenate(lengths).cumsum())

    @torch.inference_mode()
    def _run(self, tokens: Tokens, role: Role) -> tuple[Vectors, NDArray[np.int64]]:
        """The vectors that count, text after text, and how many each text has."""
        places, parts, counts = [], [], []
        for rows, features in padded_batches(
            tokens, self.model.tokenizer, self.device, self.batch_tokens
        ):
            vectors, counting = token_vectors(self.model, features, role)
            places.append(rows)
            parts.append(vectors[counting].float().cpu().numpy())
            counts.append(counting.sum(dim=1).cpu().numpy())
        return _in_order(np.concatenate(parts), np.concatenate(counts), np.concatenate(places))


def _in_order(
    values: Vectors, counts: NDArray[np.int64], places: NDArray[np.intp]
) -> tuple[Vectors, NDArray[np.int64]]:
    """Bring the vectors of texts into the order of the texts.

    Args:
        values: the vectors in the order of the batches, shape (T, dimension).
        counts: vectors of each text in that order, shape (N,).
        places: where each of these texts belongs, shape (N,).

    Returns:
        The vectors, and how many each text has, in the order of the texts.

    >>> values, counts = np.array([[1.0], [2.0], [3.0]], np.float32), np.array([2, 1])
    >>> _in_order(values, counts, np.array([1, 0]))[0].ravel().tolist()
    [3.0, 1.0, 2.0]
    """
    starts = counts.cumsum() - counts
    order = np.empty_like(places)
    order[places] = np.arange(len(places))
    lengths = counts[order]
    # Row by row: the first vector of the text, and how far into the text the row is.
    within = np.arange(len(values)) - np.repeat(lengths.cumsum() - lengths, lengths)
    return values[np.repeat(starts[order], lengths) + within], lengths
