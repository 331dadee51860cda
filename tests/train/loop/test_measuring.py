"""The dev set in the loop: the best weights stay, and patience ends a training, killed or not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from arir.models.bi_encoder.learner import BiEncoderLearner
from tests.train.loop.world import SETTINGS, Training, same_weights, what_was_learned

BASE = replace(SETTINGS, steps=8, evaluate_every=2, checkpoint_every=100)


class Scripted:
    """Dev values by measurement; keeps the weights that each was taken of."""

    def __init__(self, *values: float) -> None:
        self.values = values
        self.taken: list[dict[str, torch.Tensor]] = []
        self.modes: list[bool] = []

    def __call__(self, learner: BiEncoderLearner) -> Callable[[], float]:
        def measure() -> float:
            weights = {n: w.clone() for n, w in learner.model.state_dict().items()}
            self.taken.append(weights)
            self.modes.append(learner.training)
            return self.values[len(self.taken) - 1]

        return measure


@pytest.mark.parametrize(
    ("values", "best"),
    [((0.1, 0.4, 0.3, 0.2), 1), ((0.4, 0.3, 0.2, 0.1), 0), ((0.1, 0.2, 0.3, 0.4), 3)],
)
def test_the_weights_of_the_best_measurement_are_kept(
    tiny_bi_encoder: Path, tmp_path: Path, values: tuple[float, ...], best: int
) -> None:
    dev = Scripted(*values)
    weights, log = Training(tiny_bi_encoder, tmp_path, BASE, dev=dev).run()
    assert [entry.dev for entry in log if entry.dev is not None] == list(values)
    assert [entry.step for entry in log if entry.dev is not None] == [2, 4, 6, 8]
    assert same_weights(weights, dev.taken[best])
    assert [same_weights(weights, other) for other in dev.taken].count(True) == 1


def test_of_equal_measurements_the_first_is_the_best(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    dev = Scripted(0.3, 0.3, 0.3, 0.3)
    weights, _ = Training(tiny_bi_encoder, tmp_path, BASE, dev=dev).run()
    assert same_weights(weights, dev.taken[0])


def test_even_a_measure_of_zero_is_a_measurement(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    dev = Scripted(0.0, 0.0, 0.0, 0.0)
    weights, _ = Training(tiny_bi_encoder, tmp_path, BASE, dev=dev).run()
    assert same_weights(weights, dev.taken[0])


def test_the_last_step_is_measured_too(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    dev = Scripted(0.1, 0.2)
    settings = replace(BASE, steps=5, evaluate_every=3)
    weights, log = Training(tiny_bi_encoder, tmp_path, settings, dev=dev).run()
    assert [(entry.step, entry.dev) for entry in log if entry.dev is not None] == [
        (3, 0.1),
        (5, 0.2),
    ]
    assert same_weights(weights, dev.taken[1])


def test_the_student_is_measured_without_dropout_and_trained_with_it(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    dev = Scripted(0.1, 0.2, 0.3, 0.4)
    _, log = Training(tiny_bi_encoder, tmp_path / "dev", BASE, dev=dev).run()
    assert dev.modes == [False] * 4
    plain = replace(BASE, evaluate_every=None)
    _, unmeasured = Training(tiny_bi_encoder, tmp_path / "plain", plain).run()
    assert [entry.loss for entry in log] == [entry.loss for entry in unmeasured]


@pytest.mark.parametrize(
    ("values", "patience", "steps"),
    [
        ((0.5, 0.4, 0.9, 0.9), 1, 4),
        ((0.5, 0.4, 0.3, 0.9), 2, 6),
        ((0.1, 0.2, 0.1, 0.3), 2, 8),
        ((0.5, 0.5, 0.9, 0.9), 1, 4),
    ],
)
def test_patience_counts_measurements_without_a_better_one(
    tiny_bi_encoder: Path, tmp_path: Path, values: tuple[float, ...], patience: int, steps: int
) -> None:
    dev = Scripted(*values)
    settings = replace(BASE, patience=patience)
    weights, log = Training(tiny_bi_encoder, tmp_path, settings, dev=dev).run()
    assert log[-1].step == steps
    seen = values[: len(dev.taken)]
    assert same_weights(weights, dev.taken[seen.index(max(seen))])


@pytest.mark.parametrize("batch", [3, 5])
def test_patience_is_not_renewed_by_a_kill(
    tiny_bi_encoder: Path, tmp_path: Path, batch: int
) -> None:
    """Four measurements without a better one, of which some lie before the kill."""
    settings = replace(BASE, evaluate_every=1, patience=4, checkpoint_every=1)
    values = [0.5, 0.4, 0.3, 0.2, 0.1, 0.9, 0.9, 0.9]
    whole = Training(tiny_bi_encoder, tmp_path / "1", settings, dev=Scripted(*values))
    weights, log = whole.run()
    assert log[-1].step == 5
    killed = Training(tiny_bi_encoder, tmp_path / "2", settings, dev=Scripted(*values))
    killed.killed(batch)
    killed.dev = Scripted(*values[batch - 1 :])
    again, log_again = killed.run()
    assert what_was_learned(log_again) == what_was_learned(log)
    assert same_weights(again, weights)


def test_the_best_checkpoint_outlives_later_ones_and_a_kill(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    settings = replace(BASE, evaluate_every=1, checkpoint_every=1)
    values = [0.1, 0.9, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1]
    first = Scripted(*values)
    training = Training(tiny_bi_encoder, tmp_path, settings, dev=first)
    training.killed(7)
    found = sorted(path.name for path in tmp_path.glob("checkpoint-*"))
    assert found == ["checkpoint-2", "checkpoint-5", "checkpoint-6"]
    # The folder may have been moved meanwhile.
    moved = tmp_path.rename(tmp_path.with_name("moved"))
    training.folder, training.dev = moved, Scripted(*values[6:])
    weights, _ = training.run()
    assert same_weights(weights, first.taken[1])


def test_time_spent_on_dev_does_not_lower_the_rate(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    def slow(_: BiEncoderLearner) -> Callable[[], float]:
        def measure() -> float:
            time.sleep(0.4)
            return 0.5

        return measure

    settings = replace(BASE, steps=4)
    _, log = Training(tiny_bi_encoder, tmp_path, settings, dev=slow).run()
    # The step after the pause: 8 examples, which would be 20 a second with the pause.
    assert log[2].seconds - log[1].seconds > 0.4
    assert log[2].rate > 40
