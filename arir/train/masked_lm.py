"""Masked-LM training of a student's body: batches with gaps, and the head that fills them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arir.augment.masking import IGNORED, mask_tokens
from arir.errors import ConfigError
from arir.models.batches import grouped
from arir.models.batching import Features
from arir.models.token_store import TokenStore
from arir.train.config import MaskedLmConfig

__all__ = ["MaskedLmCollator", "MaskedLmObjective"]


class MaskedLmCollator:
    """Turn numbers of texts into batches with gaps; the same texts always get the same gaps.

    Raises:
        ConfigError: where the tokeniser has no mask.
    """

    def __init__(
        self, texts: TokenStore, tokenizer: Any, config: MaskedLmConfig, budget: int
    ) -> None:
        if tokenizer.mask_token_id is None:
            fix = "choose a student that was trained with one"
            raise ConfigError(f"the tokeniser of {config.student} has no mask token", fix=fix)
        self.texts = texts
        self.tokenizer = tokenizer
        self.config = config
        self.budget = budget
        self.special = torch.zeros(len(tokenizer), dtype=torch.bool)
        self.special[torch.tensor(tokenizer.all_special_ids)] = True
        self.inner = _continuations(tokenizer) if config.whole_words else None

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate B texts.

        Returns:
            ``groups``: the forward passes, with gaps; ``labels``: for each of them the ids to
            predict, -100 elsewhere.
        """
        generator = torch.Generator().manual_seed(self._seed(rows))
        groups, _ = grouped(self.texts.rows(rows), self.tokenizer, self.budget)
        labels = []
        for _, features in groups:
            ids = features["input_ids"]
            features["input_ids"], wanted = mask_tokens(
                ids,
                self.special[ids],
                vocabulary_size=len(self.tokenizer),
                mask_id=self.tokenizer.mask_token_id,
                p=self.config.masked,
                generator=generator,
                continuations=None if self.inner is None else self.inner[ids],
            )
            labels.append(wanted)
        return {"groups": groups, "labels": labels}

    def _seed(self, rows: Sequence[int]) -> int:
        """Of the batch, not of the step: a resumed training has no earlier batches behind it."""
        content = np.asarray([self.config.seed, *rows], dtype=np.int64).tobytes()
        return int.from_bytes(hashlib.blake2b(content, digest_size=6).digest(), "big")


def _continuations(tokenizer: Any) -> Tensor:
    """Which pieces go on with a word: ``##ing`` of WordPiece, and ``ing`` beside ``▁go``."""
    pieces = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
    if any(piece.startswith("##") for piece in pieces):
        return torch.tensor([piece.startswith("##") for piece in pieces])
    return torch.tensor([not piece.startswith(("▁", "Ġ")) for piece in pieces])


class MaskedLmObjective(torch.nn.Module):
    """Cross-entropy of the tokens in the gaps.

    A layer, GELU and LayerNorm lead from the body's last layer to the input embeddings, which are
    the output weights too (Devlin et al., 2019, arXiv 1810.04805). The head is not saved with the
    student. Only gaps are scored: the logits of all tokens would be most of the work.
    """

    def __init__(self, learner: Any, seed: int) -> None:
        super().__init__()
        self.learner = learner
        table = learner.body.get_input_embeddings().weight
        width = learner.body.config.hidden_size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.head = torch.nn.Sequential(
                torch.nn.Linear(width, table.shape[1]),
                torch.nn.GELU(),
                torch.nn.LayerNorm(table.shape[1]),
            ).to(table.device)
        self.bias = torch.nn.Parameter(torch.zeros(len(table), device=table.device))

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The mean loss over the gaps of a batch; zero where it has none."""
        hidden, wanted = [], []
        for (_, features), labels in zip(batch["groups"], batch["labels"], strict=True):
            states = self.learner.run(self._encode, features)
            gaps = labels != IGNORED
            hidden.append(states[gaps])
            wanted.append(labels[gaps])
        states, labels = self.head(torch.cat(hidden)), torch.cat(wanted)
        table = self.learner.body.get_input_embeddings().weight
        logits = torch.nn.functional.linear(states, table, self.bias).float()
        total = torch.nn.functional.cross_entropy(logits, labels, reduction="sum")
        return total / max(1, len(labels))

    def _encode(self, features: Features) -> Tensor:
        """The body's last layer."""
        states: Tensor = self.learner.body(**features).last_hidden_state
        return states
