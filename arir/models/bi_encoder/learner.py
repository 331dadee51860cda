"""A bi-encoder as training sees it: vectors and scores that gradients flow through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from arir.losses.maxsim import maxsim
from arir.models.batches import Group
from arir.models.batching import Features
from arir.models.learner import VectorLearner
from arir.models.padding import stacked, without_padding
from arir.models.protocols import Reranker
from arir.models.spec import ModelSpec

__all__ = ["BiEncoderLearner"]


class BiEncoderLearner(VectorLearner):
    """The student's scores are ``scale * <q, p>`` or ``scale * cos(q, p)``, in single precision.

    Args:
        recompute: keep the vectors alone between the forward and the backward pass, and compute the
            encoder's activations anew, group by group: the gradient cache of Gao, Zhang, Han and
            Callan, 2021 (arXiv 2101.06983). Dropout is the same in both passes.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        similarity: Literal["dot", "cosine"] = "dot",
        scale: float = 1.0,
        recompute: bool = False,
    ) -> None:
        super().__init__(model, scale, recompute)
        self.similarity = similarity

    def vectors(self, groups: Sequence[Group]) -> Tensor:
        """The vectors of all groups, one after the other; shape (texts, dimension)."""
        return self._comparable([self.run(self._encode, features) for _, features in groups])

    def _comparable(self, passes: Sequence[Tensor]) -> Tensor:
        """The vectors of all passes, whose inner products are the student's similarity."""
        vectors = torch.cat(list(passes))
        if self.similarity == "cosine":
            vectors = torch.nn.functional.normalize(vectors, dim=-1)
        return vectors

    def _encode(self, features: Features) -> Tensor:
        # sentence-transformers' modules write their output into what they are given.
        vectors: Tensor = self.model(dict(features))["sentence_embedding"]
        return vectors.float()

    def list_scores(self, batch: Mapping[str, Any]) -> Tensor:
        """The scores of each query's own n passages; shape (B, n)."""
        vectors = self.vectors(batch["groups"])
        return self._lists(vectors, batch)

    def in_batch_scores(self, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
        """Scores of own passages, shape (B, n), and of all of the batch, shape (B, P)."""
        vectors = self.vectors(batch["groups"])
        everyone = self.scale * vectors[batch["query"]] @ vectors[batch["candidates"]].T
        return self._lists(vectors, batch), everyone

    def two_views(self, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
        """Each query with all passages of the batch, by single vectors and token by token.

        Returns:
            Similarities of the single vectors, shape (B, P), and the mean over a query's tokens of
            the best cosine with a passage's tokens, shape (B, P).
        """
        outputs = [self.run(self._both, features) for _, features in batch["groups"]]
        vectors = self._comparable([vector for vector, _, _ in outputs])
        tokens, mask = stacked([(token, real) for _, token, real in outputs])
        query, passages = batch["query"], batch["candidates"]
        single = self.scale * vectors[query] @ vectors[passages].T
        queries, real = without_padding(tokens[query], mask[query])
        sums = maxsim(queries, tokens[passages], real, mask[passages])
        return single, self.scale * sums / real.sum(dim=1, keepdim=True)

    def _both(self, features: Features) -> tuple[Tensor, Tensor, Tensor]:
        outputs = self.model(dict(features))
        tokens = torch.nn.functional.normalize(outputs["token_embeddings"].float(), dim=-1)
        return outputs["sentence_embedding"].float(), tokens, features["attention_mask"].bool()

    def _lists(self, vectors: Tensor, batch: Mapping[str, Any]) -> Tensor:
        queries, passages = vectors[batch["query"]], vectors[batch["passages"]]
        return self.scale * (queries.unsqueeze(1) * passages).sum(dim=-1)

    def reranker(self, spec: ModelSpec) -> Reranker:
        """The student as it stands, to measure it with."""
        from arir.models.bi_encoder.encoder import BiEncoder
        from arir.models.bi_encoder.reranker import BiEncoderReranker

        return BiEncoderReranker(BiEncoder(spec, self.model, Path()))

    def save(self, folder: Path, spec: ModelSpec) -> None:
        """Write a sentence-transformers folder."""
        self.model.max_seq_length = max(spec.query_length or 0, spec.passage_length or 0)
        self.model.similarity_fn_name = self.similarity
        self.model.save_pretrained(str(folder), create_model_card=False)
