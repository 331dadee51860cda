"""The training loop: the reference's losses and gradients, the same weights each time, no noise."""

from __future__ import annotations

import math
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch import Tensor

from arir.errors import DependencyError, ModelError
from arir.models.bi_encoder.batches import TripletCollator, tokenise_texts
from arir.models.bi_encoder.losses import margin_mse
from arir.models.bi_encoder.trainer import LogEntry, Optimisation, TripletLoss, fit, total_steps
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر النيل"]
PASSAGES = list(SENTENCES[:6])
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


def triples(count: int = 32) -> dict[str, NDArray[Any]]:
    draw = np.random.default_rng(0)
    return {
        "query": draw.integers(0, 3, count),
        "positive": draw.integers(0, 3, count),
        "negative": draw.integers(3, 6, count),
        "label": draw.normal(2, 1, count).astype(np.float32),
    }


def open_model(folder: Path, dropout: float | None = None) -> SentenceTransformer:
    model = SentenceTransformer(str(folder), device="cpu")
    if dropout is not None:
        for module in model.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = dropout
        model[0].model.config.attention_probs_dropout_prob = dropout
        for module in model.modules():
            if hasattr(module, "dropout_prob"):
                module.dropout_prob = dropout
    return model


def collator(model: SentenceTransformer, budget: int = 64) -> TripletCollator:
    texts = [tokenise_texts(model.tokenizer, side, 32) for side in (QUERIES, PASSAGES)]
    return TripletCollator(texts[0], texts[1], model.tokenizer, budget)


def trained(
    folder: Path,
    scratch: Path,
    settings: Optimisation = SETTINGS,
    dropout: float | None = None,
    **loss: Any,
) -> tuple[dict[str, Tensor], list[LogEntry]]:
    model = open_model(folder, dropout)
    log = fit(TripletLoss(model, margin_mse, **loss), triples(), collator(model), settings, scratch)
    return model.state_dict(), log


def furthest(left: dict[str, Tensor], right: dict[str, Tensor]) -> float:
    return max(float((left[name] - right[name]).abs().max()) for name in left)


def mean_distance(left: dict[str, Tensor], right: dict[str, Tensor]) -> float:
    return float(torch.cat([(left[name] - right[name]).abs().flatten() for name in left]).mean())


def test_two_trainings_give_the_same_weights_bit_for_bit(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    first, log = trained(tiny_bi_encoder, tmp_path)
    torch.manual_seed(999)
    second, again = trained(tiny_bi_encoder, tmp_path)
    assert furthest(first, second) == 0
    assert [entry.loss for entry in log] == [entry.loss for entry in again]
    other, _ = trained(tiny_bi_encoder, tmp_path, replace(SETTINGS, seed=6))
    assert furthest(first, other) > 0


def test_accumulated_batches_are_one_large_batch(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    whole, log = trained(tiny_bi_encoder, tmp_path, dropout=0.0)
    split = replace(SETTINGS, batch_size=2, accumulation=4)
    parts, pieces = trained(tiny_bi_encoder, tmp_path, split, dropout=0.0)
    start = open_model(tiny_bi_encoder).state_dict()
    # Adam makes a whole step of a gradient that is zero but for rounding, so single weights differ.
    assert mean_distance(whole, parts) < 0.01 * mean_distance(whole, start)
    assert [e.loss for e in pieces] == pytest.approx([e.loss for e in log], rel=1e-4)


def test_loss_and_every_gradient_equal_sentence_transformers(tiny_bi_encoder: Path) -> None:
    from sentence_transformers.sentence_transformer.losses import MarginMSELoss

    columns = triples()
    rows = [{name: column[row] for name, column in columns.items()} for row in range(8)]
    ours, theirs = (open_model(tiny_bi_encoder).eval() for _ in range(2))
    batch = collator(ours)(rows)
    loss = TripletLoss(ours, margin_mse)(batch["groups"], (batch["places"], batch["label"]))
    loss.backward()
    texts = [
        [QUERIES[row["query"]] for row in rows],
        [PASSAGES[row["positive"]] for row in rows],
        [PASSAGES[row["negative"]] for row in rows],
    ]
    features = [theirs.preprocess(side) for side in texts]
    reference = MarginMSELoss(theirs)(features, batch["label"])
    reference.backward()
    assert loss.item() == pytest.approx(reference.item(), rel=1e-4)
    gradients = {n: p.grad for n, p in theirs.named_parameters() if p.grad is not None}
    assert max(float(gradient.abs().max()) for gradient in gradients.values()) > 0.1
    for name, parameter in ours.named_parameters():
        if name in gradients:
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-3, atol=1e-3)


def test_the_student_learns_the_teachers_margins(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=60, batch_size=32, learning_rate=5e-3)
    columns = {
        "query": np.array([0, 1, 2]),
        "positive": np.array([0, 1, 2]),
        "negative": np.array([3, 4, 5]),
        "label": np.array([4.0, -6.0, 10.0], dtype=np.float32),
    }
    model = open_model(tiny_bi_encoder, 0.0)
    loss = TripletLoss(model, margin_mse, "cosine", 20.0)
    log = fit(loss, columns, collator(model), settings, tmp_path)
    assert log[-1].loss < 0.05 * log[0].loss
    query, passage = model.encode(QUERIES), model.encode(PASSAGES)
    scores = 20 * np.asarray(model.similarity(query, passage))
    dots = query @ passage.T / np.linalg.norm(query, axis=1)[:, None]
    scores = 20 * dots / np.linalg.norm(passage, axis=1)
    margins = [scores[i, i] - scores[i, i + 3] for i in range(3)]
    assert margins == pytest.approx([4.0, -6.0, 10.0], abs=1.5)


@pytest.mark.parametrize(("similarity", "scale"), [("dot", 1.0), ("dot", 0.5), ("cosine", 20.0)])
def test_scores_are_the_declared_similarity_times_the_scale(
    tiny_bi_encoder: Path, similarity: Any, scale: float
) -> None:
    model = open_model(tiny_bi_encoder).eval()
    seen: list[Tensor] = []

    def kernel(positive: Tensor, negative: Tensor, label: Tensor) -> Tensor:
        seen.extend((positive, negative))
        return (positive - negative - label).sum()

    row = {"query": 0, "positive": 1, "negative": 4, "label": 0.0}
    batch = collator(model)([row])
    loss = TripletLoss(model, kernel, similarity, scale)
    with torch.inference_mode():
        loss(batch["groups"], (batch["places"], batch["label"]))
    vectors = model.encode([QUERIES[0], PASSAGES[1], PASSAGES[4]])
    if similarity == "cosine":
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [scale * float(vectors[0] @ vectors[1]), scale * float(vectors[0] @ vectors[2])]
    assert [float(score) for score in seen] == pytest.approx(expected, rel=1e-4)


def test_the_log_has_loss_rate_and_seconds_of_every_interval(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    _, log = trained(tiny_bi_encoder, tmp_path, replace(SETTINGS, steps=8))
    assert [entry.step for entry in log] == list(range(1, 9))
    assert [entry.seconds for entry in log] == sorted(entry.seconds for entry in log)
    rates = [entry.lr for entry in log]
    assert max(rates) <= SETTINGS.learning_rate
    peak = rates.index(max(rates))
    assert peak == 2
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


def test_the_logged_loss_is_not_rounded(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    _, log = trained(tiny_bi_encoder, tmp_path, scale=1e-4)
    assert all(abs(entry.loss - round(entry.loss, 4)) > 1e-9 for entry in log)


def test_a_loss_that_is_no_number_stops_the_training(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    model = open_model(tiny_bi_encoder)
    loss = TripletLoss(model, lambda *scores: margin_mse(*scores) * math.nan)
    with pytest.raises(ModelError, match="the loss became nan by step 1; lower --learning-rate"):
        fit(loss, triples(), collator(model), SETTINGS, tmp_path)


def test_too_little_memory_names_the_setting(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    def exhausted(*_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError

    model = open_model(tiny_bi_encoder)
    with pytest.raises(DependencyError, match="8 triples at a time; lower --batch-size"):
        fit(TripletLoss(model, exhausted), triples(), collator(model), SETTINGS, tmp_path)


def test_training_prints_nothing_leaves_nothing_behind_and_calls_nobody(
    tiny_bi_encoder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here, scratch = tmp_path / "here", tmp_path / "scratch"
    here.mkdir()
    monkeypatch.chdir(here)
    model = open_model(tiny_bi_encoder)
    capfd.readouterr()

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    fit(TripletLoss(model, margin_mse), triples(), collator(model), SETTINGS, scratch)
    assert list(here.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("count", "changes"),
    [
        (32, {"steps": None}),
        (33, {"steps": None, "epochs": 2}),
        (33, {"steps": None, "batch_size": 4, "accumulation": 4}),
        (7, {"steps": None, "epochs": 0.5, "batch_size": 2}),
        (7, {"steps": 3}),
    ],
)
def test_the_steps_are_foreseen(
    tiny_bi_encoder: Path, tmp_path: Path, count: int, changes: dict[str, Any]
) -> None:
    settings = replace(SETTINGS, **changes)
    model = open_model(tiny_bi_encoder)
    log = fit(TripletLoss(model, margin_mse), triples(count), collator(model), settings, tmp_path)
    assert log[-1].step == total_steps(count, settings)


def test_an_epoch_sees_every_triple_once(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    model = open_model(tiny_bi_encoder)
    columns = triples(21)
    columns["label"] = np.arange(21, dtype=np.float32)
    seen: list[float] = []

    def kernel(positive: Tensor, negative: Tensor, label: Tensor) -> Tensor:
        seen.extend(label.tolist())
        return margin_mse(positive, negative, label)

    settings = replace(SETTINGS, steps=None, epochs=2)
    fit(TripletLoss(model, kernel), columns, collator(model), settings, tmp_path)
    assert sorted(seen[:21]) == sorted(seen[21:]) == list(range(21))
    assert seen[:21] != seen[21:]


def test_bf16_trains_near_full_precision(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    full, log = trained(tiny_bi_encoder, tmp_path, dropout=0.0)
    half, low = trained(tiny_bi_encoder, tmp_path, replace(SETTINGS, precision="bf16"), dropout=0.0)
    assert 0 < furthest(full, half) < 0.02
    assert low[0].loss == pytest.approx(log[0].loss, rel=0.1)
