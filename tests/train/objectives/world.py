"""One batch for the losses of every family, and a comparison of all gradients."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import MultiVectorEncoder, SentenceTransformer

from arir.models.batches import InBatchCollator, ListCollator, Lists
from arir.models.bi_encoder.learner import BiEncoderLearner
from arir.models.late_interaction.learner import LateInteractionLearner
from arir.models.token_store import tokenise_texts
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر النيل"]
PASSAGES = [*SENTENCES[:5], "نهر", SENTENCES[7], SENTENCES[8], SENTENCES[10]]
#: every query with its own passages, the positive first; no passage comes twice
ROWS = [(0, (2, 0, 6)), (1, (4, 3, 8)), (2, (1, 5, 7))]
LABELS = np.array([[9.0, 2.5, -1.0], [4.0, 4.5, 0.0], [7.0, -3.0, 1.0]], dtype=np.float32)


def lists(nway: int = 3) -> Lists:
    passages = np.array([own[:nway] for _, own in ROWS], dtype=np.int32)
    return Lists(np.array([query for query, _ in ROWS], np.int32), passages, LABELS[:, :nway])


def bi_encoder(folder: Path, **settings: Any) -> BiEncoderLearner:
    """A learner without dropout, so that a batch has one loss."""
    learner = BiEncoderLearner(SentenceTransformer(str(folder), device="cpu"), **settings)
    learner.eval()
    return learner


def late_interaction(folder: Path, **settings: Any) -> LateInteractionLearner:
    learner = LateInteractionLearner(MultiVectorEncoder(str(folder), device="cpu"), **settings)
    learner.eval()
    return learner


def collated(
    learner: Any,
    examples: Lists,
    *,
    in_batch: bool = False,
    apart: bool | None = None,
    budget: int = 64,
    rows: Sequence[int] | None = None,
    relevant: dict[int, frozenset[int]] | None = None,
) -> dict[str, Any]:
    """A batch of the examples, by default of all in their order."""
    stores = [tokenise_texts(learner.tokenizer, side, 90) for side in (QUERIES, PASSAGES)]
    if apart is None:
        apart = isinstance(learner, LateInteractionLearner)
    arguments = (examples, *stores, learner.tokenizer, budget)
    collator = (
        InBatchCollator(*arguments, apart=apart, relevant=relevant or {})
        if in_batch
        else ListCollator(*arguments, apart=apart)
    )
    return collator(range(len(examples)) if rows is None else rows)


def columns(examples: Lists) -> list[list[str]]:
    """The texts as sentence-transformers takes them: queries, positives, negatives."""
    passages = examples.passages.T.tolist()
    return [
        [QUERIES[query] for query in examples.query],
        *([PASSAGES[passage] for passage in column] for column in passages),
    ]


def assert_same_loss_and_gradients(
    mine: tuple[torch.Tensor, torch.nn.Module], theirs: tuple[torch.Tensor, torch.nn.Module]
) -> None:
    """Compare two losses, and what they ask of every parameter of their models."""
    for loss, module in (mine, theirs):
        module.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
    torch.testing.assert_close(mine[0], theirs[0], rtol=1e-4, atol=1e-6)
    first, second = (dict(module.named_parameters()) for _, module in (mine, theirs))
    assert first.keys() == second.keys()
    given = {name for name, parameter in second.items() if parameter.grad is not None}
    assert given == {name for name, parameter in first.items() if parameter.grad is not None}
    largest = max(float(second[name].grad.abs().max()) for name in given)  # type: ignore[union-attr]  # just looked at
    assert largest > 0
    for name in given:
        torch.testing.assert_close(
            first[name].grad, second[name].grad, rtol=1e-3, atol=1e-5 * largest, msg=name
        )
