"""A cross-encoder as training sees it: logits of pairs that gradients flow through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from arir.models.batching import Features
from arir.models.cross_encoder.model import CrossEncoder
from arir.models.learner import Learner
from arir.models.protocols import Reranker
from arir.models.spec import ModelSpec

__all__ = ["CrossEncoderLearner"]

#: without it sentence-transformers puts a single logit through the logistic function
IDENTITY = "torch.nn.modules.linear.Identity"


class CrossEncoderLearner(Learner):
    """The student's score of a pair is its logit, times ``scale``."""

    def __init__(self, model: CrossEncoder, scale: float = 1.0, recompute: bool = False) -> None:
        super().__init__(model.model, model.tokenizer, scale, recompute)

    @property
    def body(self) -> Any:
        """The transformer under the head."""
        return self.model.base_model

    def list_scores(self, batch: Mapping[str, Any]) -> Tensor:
        """The scores of each query's own n passages; shape (B, n)."""
        parts = [self.run(self._logits, features) for features in batch["groups"]]
        scores: Tensor = self.scale * torch.cat(parts)[batch["pairs"]]
        return scores

    def _logits(self, features: Features) -> Tensor:
        return CrossEncoder(self.model, self.tokenizer).logits(features)

    def reranker(self, spec: ModelSpec) -> Reranker:
        """The student as it stands, to measure it with."""
        from arir.models.cross_encoder.reranker import CrossEncoderReranker

        return CrossEncoderReranker(spec, CrossEncoder(self.model, self.tokenizer))

    def save(self, folder: Path, spec: ModelSpec) -> None:
        """Write a folder that ``AutoModelForSequenceClassification`` opens.

        sentence-transformers' ``CrossEncoder`` opens it too, and gives the logits as they are.
        """
        self.model.config.sentence_transformers = {"activation_fn": IDENTITY}
        self.tokenizer.model_max_length = spec.pair_length
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
