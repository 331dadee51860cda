"""What an open model of any family has: its settings, its place, its budget of tokens."""

from __future__ import annotations

from typing import Generic, Protocol, TypeVar

import torch

from arir.models.batching import batch_budget
from arir.models.spec import ModelSpec
from arir.models.truncation import Truncation
from arir.text import get_profile

__all__ = ["OpenModel"]


class _Placed(Protocol):
    """Weights that know where they lie."""

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""


Model = TypeVar("Model", bound=_Placed)


class OpenModel(Generic[Model]):
    """A model with its weights in memory, to be run over texts.

    Attributes:
        batch_tokens: tokens of a batch, padding included; by default what suits the device.
        truncation: counts the texts that were cut to the maximum length.
    """

    def __init__(self, spec: ModelSpec, model: Model, batch_tokens: int | None = None) -> None:
        self.spec = spec
        self.model = model
        self.truncation = Truncation(spec.name)
        self.batch_tokens = batch_budget(batch_tokens, self.device)
        self._normalise = get_profile(spec.profile)

    @property
    def name(self) -> str:
        """What the model was asked for with."""
        return self.spec.name

    @property
    def profile(self) -> str:
        """The normalisation profile that every text goes through first."""
        return self.spec.profile

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        return self.model.device
