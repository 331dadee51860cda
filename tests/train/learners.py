"""Tiny students of the three families, with what they are trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arir.models.batches import InBatchCollator, ListCollator, Lists
from arir.models.cross_encoder.batches import PairCollator
from arir.models.registry import find_model
from arir.models.token_store import tokenise_texts
from arir.train.dropout import set_dropout
from tests.train.loop.world import PASSAGES, QUERIES

FAMILIES = {
    "bi-encoder": "tiny_bi_encoder",
    "cross-encoder": "tiny_cross_encoder",
    "late-interaction": "tiny_late_interaction",
}
#: four queries with three passages each
LISTS = Lists(
    np.array([0, 1, 2, 0], dtype=np.int32),
    np.array([[0, 1, 2], [4, 5, 0], [1, 3, 2], [5, 2, 4]], dtype=np.int32),
    np.array([[3, 1, 0], [5, 2, 2], [1, 0, 4], [2, 2, 0]], dtype=np.float32),
)


def open_any(folder: Path, family: str, *, dropout: float = 0.1, **settings: Any) -> Any:
    """A learner of any family; ``settings`` are those of its class."""
    learner = _OPENERS[family](folder, settings)
    set_dropout(learner, dropout)
    return learner


def _bi_encoder(folder: Path, settings: dict[str, Any]) -> Any:
    from sentence_transformers import SentenceTransformer

    from arir.models.bi_encoder.learner import BiEncoderLearner

    return BiEncoderLearner(SentenceTransformer(str(folder), device="cpu"), **settings)


def _cross_encoder(folder: Path, settings: dict[str, Any]) -> Any:
    from arir.models.cross_encoder.learner import CrossEncoderLearner
    from arir.models.cross_encoder.model import open_cross_encoder

    return CrossEncoderLearner(open_cross_encoder(folder, torch.device("cpu")), **settings)


def _late_interaction(folder: Path, settings: dict[str, Any]) -> Any:
    from arir.models.late_interaction.learner import LateInteractionLearner
    from arir.models.late_interaction.model import open_late_interaction

    model = open_late_interaction(find_model(str(folder)), folder, torch.device("cpu"))
    return LateInteractionLearner(model, **settings)


_OPENERS: dict[str, Callable[[Path, dict[str, Any]], Any]] = {
    "bi-encoder": _bi_encoder,
    "cross-encoder": _cross_encoder,
    "late-interaction": _late_interaction,
}


def collator_of(
    learner: Any, family: str, *, budget: int = 40, in_batch: bool = False
) -> Callable[[Any], dict[str, Any]]:
    """What cuts batches from LISTS; the small budget makes several passes of a batch."""
    tokenizer, pairs = learner.tokenizer, family == "cross-encoder"
    queries, passages = (
        tokenise_texts(tokenizer, texts, 32, special=not pairs) for texts in (QUERIES, PASSAGES)
    )
    if pairs:
        return PairCollator(LISTS, queries, passages, tokenizer, 48, budget)
    apart = family == "late-interaction"
    if in_batch:
        return InBatchCollator(
            LISTS, queries, passages, tokenizer, budget, apart=apart, relevant={}
        )
    return ListCollator(LISTS, queries, passages, tokenizer, budget, apart=apart)
