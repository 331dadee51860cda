"""Triples over tiny texts, and the loop over a tiny bi-encoder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor

from arir.models.batches import ListCollator, Lists
from arir.models.bi_encoder.learner import BiEncoderLearner
from arir.models.token_store import tokenise_texts
from arir.train.dropout import set_dropout
from arir.train.kernels import Kernel, make_kernel
from arir.train.loop.log import LogEntry
from arir.train.loop.optimisation import Optimisation
from arir.train.loop.trainer import fit
from arir.train.objectives import ListObjective
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر النيل"]
PASSAGES = list(SENTENCES[:6])
MARGIN_MSE = make_kernel("margin-mse")
SETTINGS = Optimisation(
    epochs=1,
    steps=4,
    batch_size=8,
    accumulation=1,
    learning_rate=1e-3,
    warmup_ratio=0.25,
    weight_decay=0.0,
    precision="fp32",
    seed=5,
)


def triples(count: int = 32) -> Lists:
    draw = np.random.default_rng(0)
    query = draw.integers(0, 3, count).astype(np.int32)
    positive, negative = draw.integers(0, 3, count), draw.integers(3, 6, count)
    margins = draw.normal(2, 1, count)
    labels = np.stack([margins, np.zeros(count)], axis=1).astype(np.float32)
    return Lists(query, np.stack([positive, negative], axis=1).astype(np.int32), labels)


def open_learner(folder: Path, dropout: float = 0.1, **settings: Any) -> BiEncoderLearner:
    model = SentenceTransformer(str(folder), device="cpu")
    set_dropout(model, dropout)
    return BiEncoderLearner(model, **settings)


def collator(learner: BiEncoderLearner, lists: Lists, budget: int = 64) -> ListCollator:
    stores = [tokenise_texts(learner.tokenizer, side, 32) for side in (QUERIES, PASSAGES)]
    return ListCollator(lists, stores[0], stores[1], learner.tokenizer, budget)


class Killed(BaseException):
    """Ends a training as a kill does: nothing catches it."""


@dataclass
class Training:
    """One training of a tiny student; ``run`` may be called again, as a user calls a command."""

    student: Path
    folder: Path
    optimisation: Optimisation = SETTINGS
    rows: int = 32
    dropout: float = 0.1
    kernel: Kernel = MARGIN_MSE
    dev: Callable[[BiEncoderLearner], Callable[[], float]] | None = None

    def run(self, *, kill_at_batch: int | None = None) -> tuple[dict[str, Tensor], list[LogEntry]]:
        """Train, and give the weights and the log."""
        learner = open_learner(self.student, self.dropout)
        lists, batches = triples(self.rows), 0

        def kernel(scores: Tensor, labels: Tensor) -> Tensor:
            nonlocal batches
            batches += 1
            if batches == kill_at_batch:
                raise Killed
            return self.kernel(scores, labels)

        log = fit(
            ListObjective(learner, kernel),
            len(lists),
            collator(learner, lists),
            self.optimisation,
            self.folder,
            None if self.dev is None else self.dev(learner),
        )
        return learner.model.state_dict(), log

    def killed(self, batch: int) -> None:
        """Train up to a micro-batch, counted from 1."""
        try:
            self.run(kill_at_batch=batch)
        except Killed:
            return
        raise AssertionError


def same_weights(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[n], right[n]) for n in left)


def mean_distance(left: dict[str, Tensor], right: dict[str, Tensor]) -> float:
    return float(torch.cat([(left[name] - right[name]).abs().flatten() for name in left]).mean())


def what_was_learned(log: list[LogEntry]) -> list[tuple[object, ...]]:
    """The log without its times."""
    return [(entry.step, entry.loss, entry.lr, entry.dev) for entry in log]
