"""The random models of every family, and the texts that they are trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from arir.models.batches import Lists
from arir.models.cross_encoder.model import new_cross_encoder
from arir.models.late_interaction.model import new_late_interaction
from arir.models.spec import ModelSpec
from arir.models.token_store import TokenStore, tokenise_texts
from bench.encode import MAX_LENGTH, make_model
from bench.train_step.texts import PASSAGE, QUERY, draw_texts

__all__ = ["Material", "Scale"]

QUERY_LENGTH = 32


@dataclass(frozen=True)
class Scale:
    """Sizes that suit a device; a batch is that of triples, and other examples' are made of it."""

    layers: int
    width: int
    batch: int
    steps: int

    @classmethod
    def of(cls, device: torch.device) -> Scale:
        """Small enough for two cores, or large enough to keep a GPU busy."""
        return cls(6, 384, 16, 3) if device.type == "cpu" else cls(12, 768, 64, 40)


@dataclass(frozen=True)
class Material:
    """Folders ``bi``, ``cross`` and ``late`` with a model each, and texts of realistic lengths."""

    folder: Path
    device: torch.device
    scale: Scale
    queries: list[str]
    passages: list[str]

    @classmethod
    def make(cls, folder: Path, device: torch.device) -> Material:
        """Draw texts, and save a model of each family without dropout."""
        scale = Scale.of(device)
        count = scale.batch * scale.steps
        queries, passages = draw_texts(4 * count, QUERY, 1), draw_texts(4 * count, PASSAGE, 2)
        body = make_model(
            folder / "bi",
            [*queries, *passages],
            hidden_size=scale.width,
            num_hidden_layers=scale.layers,
            intermediate_size=4 * scale.width,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        cross = new_cross_encoder(body, torch.device("cpu"), seed=0)
        cross.model.save_pretrained(folder / "cross")
        cross.tokenizer.save_pretrained(folder / "cross")
        late = new_late_interaction(
            body, query_length=QUERY_LENGTH, passage_length=MAX_LENGTH, seed=0
        )
        late.save_pretrained(str(folder / "late"), create_model_card=False)
        return cls(folder, device, scale, queries, passages)

    def spec(self, family: str) -> ModelSpec:
        """The settings that arir opens a folder with."""
        lengths = {"query_length": QUERY_LENGTH, "passage_length": MAX_LENGTH}
        families: dict[str, dict[str, Any]] = {
            "bi": {"family": "bi-encoder", "pooling": "mean", "similarity": "dot", **lengths},
            "cross": {"family": "cross-encoder", "pair_length": MAX_LENGTH},
            "late": {"family": "late-interaction", **lengths},
        }
        return ModelSpec(name=family, **families[family])

    def tokens(self, tokenizer: Any, *, special: bool = True) -> tuple[TokenStore, TokenStore]:
        """Queries and passages, each tokenised once, as ``arir train`` does it."""
        queries, passages = (
            tokenise_texts(tokenizer, texts, MAX_LENGTH, special=special)
            for texts in (self.queries, self.passages)
        )
        return queries, passages

    def columns(self, lists: Lists, **label: Any) -> dict[str, list[Any]]:
        """The examples as sentence-transformers reads them."""
        passages = {
            f"passage {rank}": [self.passages[place] for place in column]
            for rank, column in enumerate(lists.passages.T)
        }
        labels = {name: values.tolist() for name, values in label.items()}
        return {"query": [self.queries[place] for place in lists.query], **passages, **labels}
