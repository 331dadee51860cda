"""A late-interaction model as training sees it: token vectors and MaxSim, with gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from arir.losses.maxsim import maxsim, maxsim_nway
from arir.models.batches import Group
from arir.models.late_interaction.model import token_vectors
from arir.models.learner import VectorLearner
from arir.models.padding import stacked, without_padding
from arir.models.protocols import Reranker
from arir.models.spec import ModelSpec

__all__ = ["LateInteractionLearner"]


class LateInteractionLearner(VectorLearner):
    """The student's score is ``scale * MaxSim``, the sum over query tokens of the best cosine."""

    def token_vectors(self, groups: Sequence[Group]) -> tuple[Tensor, Tensor]:
        """The token vectors of all groups, padded to the longest text.

        Returns:
            Unit vectors, shape (texts, W, D), and which of them count, shape (texts, W).
        """
        return stacked([self._encode(group) for group in groups])

    def _encode(self, group: Group) -> tuple[Tensor, Tensor]:
        role, features = group
        vectors, mask = self.run(token_vectors, self.model, dict(features), role)
        return vectors.float(), mask

    def list_scores(self, batch: Mapping[str, Any]) -> Tensor:
        """The scores of each query's own n passages; shape (B, n)."""
        vectors, mask = self.token_vectors(batch["groups"])
        return self._lists(vectors, mask, batch)

    def in_batch_scores(self, batch: Mapping[str, Any]) -> tuple[Tensor, Tensor]:
        """Scores of own passages, shape (B, n), and of all of the batch, shape (B, P)."""
        vectors, mask = self.token_vectors(batch["groups"])
        queries, real = without_padding(vectors[batch["query"]], mask[batch["query"]])
        passages = batch["candidates"]
        everyone = maxsim(queries, vectors[passages], real, mask[passages])
        return self._lists(vectors, mask, batch), self.scale * everyone

    def _lists(self, vectors: Tensor, mask: Tensor, batch: Mapping[str, Any]) -> Tensor:
        queries, real = without_padding(vectors[batch["query"]], mask[batch["query"]])
        passages = batch["passages"]
        return self.scale * maxsim_nway(queries, vectors[passages], real, mask[passages])

    def reranker(self, spec: ModelSpec) -> Reranker:
        """The student as it stands, to measure it with."""
        from arir.models.late_interaction.encoder import LateInteractionEncoder
        from arir.models.late_interaction.reranker import LateInteractionReranker

        return LateInteractionReranker(LateInteractionEncoder(spec, self.model, Path()))

    def save(self, folder: Path, spec: ModelSpec) -> None:  # noqa: ARG002  # as the other families
        """Write a folder that ``MultiVectorEncoder`` opens."""
        self.model.save_pretrained(str(folder), create_model_card=False)
