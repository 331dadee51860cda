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
from sentence_transformers import SentenceTransformer
from torch import Tensor

from arir.errors import ConfigError, DependencyError, ModelError
from arir.models.batches import Lists
from arir.train import train
from arir.train.loop.optimisation import total_steps
from arir.train.loop.trainer import fit
from arir.train.objectives import ListObjective
from tests.train import material
from tests.train.loop.world import (
    MARGIN_MSE,
    PASSAGES,
    QUERIES,
    SETTINGS,
    Training,
    collator,
    mean_distance,
    open_learner,
    same_weights,
    triples,
)


def furthest(left: dict[str, Tensor], right: dict[str, Tensor]) -> float:
    return max(float((left[name] - right[name]).abs().max()) for name in left)


def test_two_trainings_give_the_same_weights_bit_for_bit(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    first, log = Training(tiny_bi_encoder, tmp_path / "1").run()
    torch.manual_seed(999)
    second, again = Training(tiny_bi_encoder, tmp_path / "2").run()
    assert same_weights(first, second)
    assert [entry.loss for entry in log] == [entry.loss for entry in again]
    other, _ = Training(tiny_bi_encoder, tmp_path / "3", replace(SETTINGS, seed=6)).run()
    assert not same_weights(first, other)


def test_accumulated_batches_are_one_large_batch(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    whole, log = Training(tiny_bi_encoder, tmp_path / "1", dropout=0.0).run()
    split = replace(SETTINGS, batch_size=2, accumulation=4)
    parts, pieces = Training(tiny_bi_encoder, tmp_path / "2", split, dropout=0.0).run()
    start = open_learner(tiny_bi_encoder).model.state_dict()
    # Adam makes a whole step of a gradient that is zero but for rounding, so single weights differ.
    assert mean_distance(whole, parts) < 0.01 * mean_distance(whole, start)
    assert [e.loss for e in pieces] == pytest.approx([e.loss for e in log], rel=1e-4)


def test_an_epochs_last_step_weighs_its_fewer_batches_evenly(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    """10 examples in batches of 2, 4 to a step: the second step has one batch."""
    seen: list[float] = []

    def kernel(scores: Tensor, labels: Tensor) -> Tensor:
        loss = MARGIN_MSE(scores, labels)
        seen.append(loss.item())
        return loss

    settings = replace(SETTINGS, steps=2, batch_size=2, accumulation=4)
    training = Training(tiny_bi_encoder, tmp_path, settings, rows=10, kernel=kernel)
    _, log = training.run()
    assert [entry.loss for entry in log] == pytest.approx([np.mean(seen[:4]), seen[4]], rel=1e-5)


def test_loss_and_every_gradient_equal_sentence_transformers(tiny_bi_encoder: Path) -> None:
    from sentence_transformers.sentence_transformer.losses import MarginMSELoss

    lists = triples()
    ours, theirs = open_learner(tiny_bi_encoder).eval(), open_learner(tiny_bi_encoder).eval().model
    loss = ListObjective(ours, MARGIN_MSE)(collator(ours, lists)(range(8)))
    loss.backward()
    texts = [[QUERIES[row] for row in lists.query[:8]]]
    texts += [[PASSAGES[row] for row in column] for column in lists.passages[:8].T]
    features = [theirs.preprocess(side) for side in texts]
    margins = torch.from_numpy(lists.labels[:8, 0] - lists.labels[:8, 1])
    reference = MarginMSELoss(theirs)(features, margins)
    reference.backward()
    assert loss.item() == pytest.approx(reference.item(), rel=1e-4)
    gradients = {n: p.grad for n, p in theirs.named_parameters() if p.grad is not None}
    assert max(float(gradient.abs().max()) for gradient in gradients.values()) > 0.1
    for name, parameter in ours.model.named_parameters():
        if name in gradients:
            torch.testing.assert_close(parameter.grad, gradients[name], rtol=1e-3, atol=1e-3)


def test_the_student_learns_the_teachers_margins(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=60, batch_size=32, learning_rate=5e-3)
    wanted = [4.0, -6.0, 10.0]
    lists = Lists(
        np.arange(3, dtype=np.int32),
        np.array([[0, 3], [1, 4], [2, 5]], dtype=np.int32),
        np.array([[margin, 0.0] for margin in wanted], dtype=np.float32),
    )
    learner = open_learner(tiny_bi_encoder, 0.0, similarity="cosine", scale=20.0)
    objective = ListObjective(learner, MARGIN_MSE)
    log = fit(objective, 3, collator(learner, lists), settings, tmp_path)
    assert log[-1].loss < 0.05 * log[0].loss
    model = learner.model
    query, passage = model.encode(QUERIES), model.encode(PASSAGES)
    dots = query @ passage.T / np.linalg.norm(query, axis=1)[:, None]
    scores = 20 * dots / np.linalg.norm(passage, axis=1)
    assert [scores[i, i] - scores[i, i + 3] for i in range(3)] == pytest.approx(wanted, abs=1.5)


@pytest.mark.parametrize(("similarity", "scale"), [("dot", 1.0), ("dot", 0.5), ("cosine", 20.0)])
def test_scores_are_the_declared_similarity_times_the_scale(
    tiny_bi_encoder: Path, similarity: str, scale: float
) -> None:
    learner = open_learner(tiny_bi_encoder, similarity=similarity, scale=scale).eval()
    lists = Lists(*(np.array(part) for part in ([0], [[1, 4]], [[0.0, 0.0]])))
    with torch.inference_mode():
        seen = learner.list_scores(collator(learner, lists)([0]))
    vectors = learner.model.encode([QUERIES[0], PASSAGES[1], PASSAGES[4]])
    if similarity == "cosine":
        vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    expected = [scale * float(vectors[0] @ vectors[1]), scale * float(vectors[0] @ vectors[2])]
    assert seen[0].tolist() == pytest.approx(expected, rel=1e-4)


def test_the_learning_rate_rises_falls_and_stays_below_its_peak(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    _, log = Training(tiny_bi_encoder, tmp_path, replace(SETTINGS, steps=8)).run()
    assert [entry.step for entry in log] == list(range(1, 9))
    expected = [0, 1 / 2, 1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6]
    assert [entry.lr / SETTINGS.learning_rate for entry in log] == pytest.approx(expected)


def test_the_logged_loss_is_not_rounded(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    def tiny(scores: Tensor, labels: Tensor) -> Tensor:
        return 1e-4 * MARGIN_MSE(scores, labels)

    _, log = Training(tiny_bi_encoder, tmp_path, kernel=tiny).run()
    assert all(abs(entry.loss - round(entry.loss, 4)) > 1e-9 for entry in log)


# Of 1000 steps every fifth is logged: the loss of step 3 is read before the checkpoint of step 4.
@pytest.mark.parametrize(
    ("value", "steps", "message"),
    [
        (math.inf, 6, "became inf by step 3; lower --learning-rate"),
        (math.nan, 1000, "nan by step 4"),
    ],
)
def test_a_loss_that_is_no_number_stops_the_training_before_it_is_saved(
    tiny_bi_encoder: Path, tmp_path: Path, value: float, steps: int, message: str
) -> None:
    batches = 0

    def diverging(scores: Tensor, labels: Tensor) -> Tensor:
        nonlocal batches
        batches += 1
        return MARGIN_MSE(scores, labels) * (value if batches == 3 else 1)

    settings = replace(SETTINGS, steps=steps, checkpoint_every=4)
    with pytest.raises(ModelError, match=message):
        Training(tiny_bi_encoder, tmp_path, settings, kernel=diverging).run()
    assert not list(tmp_path.glob("checkpoint-*"))


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9 GiB"),
        MemoryError(),
        RuntimeError("[enforce fail at alloc_cpu.cpp:121] can't allocate memory: you tried ..."),
    ],
)
def test_too_little_memory_names_the_settings(
    tiny_bi_encoder: Path, tmp_path: Path, error: Exception
) -> None:
    def exhausted(*_: Tensor) -> Tensor:
        raise error

    message = "8 examples at a time; lower --batch-size .*--accumulation.*or use --recompute"
    with pytest.raises(DependencyError, match=message):
        Training(tiny_bi_encoder, tmp_path, kernel=exhausted).run()


def test_other_faults_are_not_taken_for_a_lack_of_memory(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    def broken(*_: Tensor) -> Tensor:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        Training(tiny_bi_encoder, tmp_path, kernel=broken).run()


def test_training_prints_nothing_leaves_nothing_behind_and_calls_nobody(
    tiny_bi_encoder: Path,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    learner, lists = open_learner(tiny_bi_encoder), triples()
    capfd.readouterr()

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(socket.socket, "connect", refuse)
    settings = replace(SETTINGS, checkpoint_every=2, evaluate_every=2)
    objective = ListObjective(learner, MARGIN_MSE)
    fit(objective, 32, collator(learner, lists), settings, tmp_path / "scratch", lambda: 0.5)
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
    _, log = Training(tiny_bi_encoder, tmp_path, settings, rows=count).run()
    assert log[-1].step == total_steps(count, settings)


def test_an_epoch_sees_every_example_once(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    seen: list[int] = []
    learner, lists = open_learner(tiny_bi_encoder), triples(21)
    cut = collator(learner, lists)

    def noting(rows: Any) -> dict[str, Any]:
        seen.extend(rows)
        return cut(rows)

    settings = replace(SETTINGS, steps=None, epochs=2)
    fit(ListObjective(learner, MARGIN_MSE), 21, noting, settings, tmp_path)
    assert sorted(seen[:21]) == sorted(seen[21:]) == list(range(21))
    assert seen[:21] != seen[21:]


def test_bf16_trains_near_full_precision(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    low = replace(SETTINGS, precision="bf16")
    full, log = Training(tiny_bi_encoder, tmp_path / "1", dropout=0.0).run()
    half, near = Training(tiny_bi_encoder, tmp_path / "2", low, dropout=0.0).run()
    assert 0 < furthest(full, half) < 0.02
    assert near[0].loss == pytest.approx(log[0].loss, rel=0.1)
    assert {weights.dtype for weights in half.values()} == {torch.float32}


def test_fp16_is_refused_on_a_cpu_before_data_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("arir.train.service._prepare", fail)
    with pytest.raises(ConfigError, match="fp16 needs a CUDA device, and this is cpu; use --prec"):
        train(material.settings(tmp_path, precision="fp16", device="cpu"))


def test_the_trained_model_is_still_a_plain_one(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    weights, _ = Training(tiny_bi_encoder, tmp_path).run()
    plain = SentenceTransformer(str(tiny_bi_encoder), device="cpu").state_dict()
    assert weights.keys() == plain.keys()
    assert not same_weights(weights, plain)
