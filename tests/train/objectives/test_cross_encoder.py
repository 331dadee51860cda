"""A cross-encoder step's loss and gradients are those of sentence-transformers and transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder as PlainCrossEncoder
from sentence_transformers.cross_encoder import losses
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from arir.models.batches import Lists
from arir.models.cross_encoder.batches import PairCollator
from arir.models.cross_encoder.learner import CrossEncoderLearner
from arir.models.cross_encoder.model import open_cross_encoder
from arir.models.token_store import tokenise_texts
from arir.train.kernels import make_kernel
from arir.train.objectives import ListObjective
from tests.tiny import Architecture, make_cross_encoder
from tests.train.objectives.world import (
    LABELS,
    PASSAGES,
    QUERIES,
    assert_same_loss_and_gradients,
    columns,
    lists,
)

TARGETS = (LABELS - LABELS.min()) / np.ptp(LABELS)
LENGTH = 96


@pytest.fixture(scope="module", params=["bert", "electra", "xlmr"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    architecture: Architecture = request.param
    return make_cross_encoder(tmp_path_factory.mktemp("cross"), architecture)


def step(folder: Path, loss: str, examples: Lists, **settings: Any) -> Any:
    """The loss of a batch, and the classifier."""
    learner = CrossEncoderLearner(open_cross_encoder(folder, torch.device("cpu")), **settings)
    tokenizer = learner.tokenizer
    stores = [tokenise_texts(tokenizer, t, LENGTH, special=False) for t in (QUERIES, PASSAGES)]
    batch = PairCollator(examples, *stores, tokenizer, LENGTH, 128)(range(len(examples)))
    return ListObjective(learner, make_kernel(loss))(batch), learner.model


def flat(examples: Lists) -> tuple[list[str], list[str]]:
    """Queries and passages of the pairs, example after example."""
    queries, *passages = columns(examples)
    width = len(passages)
    return [q for q in queries for _ in range(width)], [
        text for row in zip(*passages, strict=True) for text in row
    ]


@pytest.mark.parametrize("recompute", [False, True])
def test_bce_equals_the_loss_of_a_transformers_classifier(folder: Path, recompute: bool) -> None:
    examples = Lists(lists().query, lists().passages, TARGETS)
    mine = step(folder, "bce", examples, recompute=recompute)
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, problem_type="multi_label_classification"
    ).eval()
    queries, passages = flat(examples)
    features = AutoTokenizer.from_pretrained(folder)(
        queries, passages, padding=True, return_tensors="pt"
    )
    labels = torch.from_numpy(TARGETS).reshape(-1, 1)
    assert_same_loss_and_gradients(mine, (model(**features, labels=labels).loss, model))


def test_bce_equals_binary_cross_entropy_loss(folder: Path) -> None:
    examples = Lists(lists().query, lists().passages, TARGETS)
    mine = step(folder, "bce", examples)
    model = PlainCrossEncoder(str(folder), device="cpu").eval()
    queries, passages = flat(examples)
    labels = torch.from_numpy(TARGETS).reshape(-1)
    loss = losses.BinaryCrossEntropyLoss(model)([queries, passages], labels)
    assert_same_loss_and_gradients(mine, (loss, inner(model)))


def test_margins_equal_margin_mse_loss(folder: Path) -> None:
    examples = lists()
    mine = step(folder, "margin-mse", examples)
    model = PlainCrossEncoder(str(folder), device="cpu").eval()
    labels = torch.from_numpy(LABELS[:, :1] - LABELS[:, 1:])
    loss = losses.MarginMSELoss(model)(columns(examples), labels)
    assert_same_loss_and_gradients(mine, (loss, inner(model)))


def inner(model: PlainCrossEncoder) -> torch.nn.Module:
    """transformers' classifier inside."""
    first: Any = model[0]
    found: torch.nn.Module = first.model
    return found
