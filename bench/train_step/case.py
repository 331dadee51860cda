"""What the two ways of training have in common, and the clock, loss and tokens of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import torch
from transformers import BertModel

__all__ = ["Case", "Collator", "Outcome", "Precision", "Prepared", "TokenCount"]

Precision = Literal["fp32", "bf16"]
#: turns the numbers of a batch's examples into what an objective takes
Collator = Callable[[Sequence[int]], dict[str, Any]]
#: the loss of a batch, and what makes batches
Prepared = tuple[torch.nn.Module, Collator]


@dataclass(frozen=True)
class Case:
    """One training, and what each way needs for it.

    Attributes:
        title: family, loss and what is special about the data.
        unit: what an example is, in the plural.
        batch: examples of a step.
        columns: the examples as sentence-transformers reads them.
        arir: opens arir's student on the device.
        prepare: tokenises, and gives the objective and the collator.
        plain: opens the model for the peer.
        trainer: the peer's trainer and its arguments' class.
        loss: the peer's loss of a model.
        computed: how often a step computes an activation; twice where it is not kept.
    """

    title: str
    unit: str
    batch: int
    columns: dict[str, list[Any]]
    arir: Callable[[], Any]
    prepare: Callable[[Any], Prepared]
    plain: Callable[[], Any]
    trainer: tuple[type[Any], type[Any]]
    loss: Callable[[Any], torch.nn.Module]
    computed: int = 1

    @property
    def rows(self) -> int:
        """How many examples there are."""
        return len(next(iter(self.columns.values())))


class TokenCount:
    """Counts what passes through a model's BERT, without waiting for its device."""

    def __init__(self, model: torch.nn.Module) -> None:
        self.passes = 0
        self._places = 0
        self._padding: torch.Tensor | int = 0
        bert = next(module for module in model.modules() if isinstance(module, BertModel))
        self._pad = bert.config.pad_token_id
        # sentence-transformers calls the body's forward, which does without the body's own hooks.
        bert.embeddings.register_forward_pre_hook(self._note, with_kwargs=True)

    def _note(self, _: torch.nn.Module, __: tuple[Any, ...], inputs: dict[str, Any]) -> None:
        ids = inputs["input_ids"]
        self.passes += 1
        self._places += ids.numel()
        self._padding = self._padding + (ids == self._pad).sum()

    @property
    def tokens(self) -> int:
        """Tokens so far, padding not counted."""
        return self._places - int(self._padding)

    @property
    def padding(self) -> float:
        """Share of the places that held padding."""
        return int(self._padding) / self._places


@dataclass(frozen=True)
class Outcome:
    """One training.

    Attributes:
        rate: examples a second.
        loss: the mean over all steps.
        tokens: encoded in a second, padding not counted.
        passes: through the encoder, a step.
        padding: its share of what the encoder computed.
    """

    rate: float
    loss: float
    tokens: float
    passes: float
    padding: float
