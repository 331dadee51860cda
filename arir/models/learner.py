"""A student as training sees it, whatever its family."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from arir.models.protocols import Reranker
from arir.models.spec import ModelSpec

__all__ = ["Learner", "VectorLearner"]

Output = TypeVar("Output")


class Learner(torch.nn.Module, ABC):
    """A student whose scores gradients flow through.

    Args:
        scale: what the scores are multiplied by.
        recompute: keep a pass's output alone between the forward and the backward pass, and compute
            its activations anew, group by group.
    """

    def __init__(
        self, model: Any, tokenizer: Any, scale: float = 1.0, recompute: bool = False
    ) -> None:
        super().__init__()
        self.model = model
        self.tokenizer = tokenizer
        self.scale = scale
        self.recompute = recompute

    @property
    @abstractmethod
    def body(self) -> Any:
        """The transformer inside, without what lies above it."""

    @abstractmethod
    def list_scores(self, batch: Mapping[str, Any]) -> Tensor:
        """The scores of each query's own n passages; shape (B, n)."""

    @abstractmethod
    def reranker(self, spec: ModelSpec) -> Reranker:
        """The student as it stands, to measure it with."""

    @abstractmethod
    def save(self, folder: Path, spec: ModelSpec) -> None:
        """Write a folder that the libraries of the family open."""

    def run(self, encode: Callable[..., Output], *arguments: Any) -> Output:
        """Encode, and where the settings say so, keep no activations of it."""
        if not self.recompute:
            return encode(*arguments)
        output: Output = checkpoint(encode, *arguments, use_reentrant=False)
        return output


class VectorLearner(Learner):
    """A student over a model of sentence-transformers: a vector a text, or a token."""

    def __init__(self, model: Any, scale: float = 1.0, recompute: bool = False) -> None:
        super().__init__(model, model.tokenizer, scale, recompute)

    @property
    def body(self) -> Any:
        """The transformer inside."""
        first: Any = self.model[0]
        return first.model

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.model.get_embedding_dimension() or 0)
