"""A training that was killed and run again is the training that was not, bit for bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from arir.models.bi_encoder.learner import BiEncoderLearner
from arir.train.loop.engine import ObjectiveTrainer
from tests.train.loop.world import SETTINGS, Killed, Training, same_weights, what_was_learned

#: 5 batches an epoch, the last of them a part
ROWS = 18
BASE = replace(SETTINGS, steps=9, batch_size=4, checkpoint_every=2)


def weight_of(learner: BiEncoderLearner) -> Callable[[], float]:
    """A dev measure that hangs on the weights, so that it rises and falls as they move."""
    return lambda: float(next(learner.parameters()).detach().double().sum().sin())


# The batch in which the kill happens, and what stands in checkpoints by then:
CASES: dict[str, tuple[dict[str, Any], int]] = {
    "within an epoch": ({}, 4),  # step 2 of 5
    "in the second epoch": ({}, 9),  # step 8: an epoch boundary lies before it
    "at an epoch's end": ({"checkpoint_every": 5}, 7),  # step 5 of 5
    "in an accumulated step": ({"accumulation": 2}, 8),  # step 4, with a part of a step at batch 5
    "with weight decay": ({"weight_decay": 0.1}, 6),
    "in mixed precision": ({"precision": "bf16"}, 6),
    "with a dev set": ({"evaluate_every": 3}, 8),
    "where dev and checkpoints meet": ({"evaluate_every": 2}, 6),
}


@pytest.mark.parametrize(("changes", "batch"), CASES.values(), ids=CASES.keys())
def test_a_killed_training_goes_on_exactly(
    tiny_bi_encoder: Path, tmp_path: Path, changes: dict[str, Any], batch: int
) -> None:
    settings = replace(BASE, **changes)
    dev = weight_of if settings.evaluate_every else None
    whole = Training(tiny_bi_encoder, tmp_path / "whole", settings, ROWS, dev=dev)
    weights, log = whole.run()
    killed = Training(tiny_bi_encoder, tmp_path / "killed", settings, ROWS, dev=dev)
    killed.killed(batch)
    assert list(killed.folder.glob("checkpoint-*")), "killed before there was a checkpoint"
    torch.manual_seed(999)  # a new process has other random numbers
    again, log_again = killed.run()
    assert what_was_learned(log_again) == what_was_learned(log)
    assert same_weights(again, weights)


def test_a_training_that_is_killed_twice_goes_on_exactly(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    weights, log = Training(tiny_bi_encoder, tmp_path / "whole", BASE, ROWS).run()
    training = Training(tiny_bi_encoder, tmp_path / "killed", BASE, ROWS)
    training.killed(4)
    training.killed(5)  # step 2 + 4: two checkpoints further on
    again, log_again = training.run()
    assert what_was_learned(log_again) == what_was_learned(log)
    assert same_weights(again, weights)


def test_dropout_is_at_work_in_these_tests(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    on = Training(tiny_bi_encoder, tmp_path / "on", BASE, ROWS).run()[1]
    off = Training(tiny_bi_encoder, tmp_path / "off", BASE, ROWS, dropout=0.0).run()[1]
    assert on[0].loss != off[0].loss


def test_a_training_that_began_anew_would_be_noticed(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    """The steps before the checkpoint are not trained again."""
    training = Training(tiny_bi_encoder, tmp_path, BASE, ROWS)
    training.killed(6)
    batches = 0

    def counting(*arguments: torch.Tensor) -> torch.Tensor:
        nonlocal batches
        batches += 1
        return Training(tiny_bi_encoder, tmp_path).kernel(*arguments)

    replace(training, kernel=counting).run()
    assert batches == 9 - 4


@pytest.mark.parametrize("written", ["model", "optimizer"])
def test_a_kill_while_a_checkpoint_is_written_costs_that_checkpoint_alone(
    tiny_bi_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    weights, log = Training(tiny_bi_encoder, tmp_path / "whole", BASE, ROWS).run()
    training = Training(tiny_bi_encoder, tmp_path / "killed", BASE, ROWS)
    name = {"model": "_save", "optimizer": "_save_optimizer_and_scheduler"}[written]
    save = getattr(ObjectiveTrainer, name)

    def half(trainer: ObjectiveTrainer, *arguments: Any) -> None:
        save(trainer, *arguments)
        if trainer.state.global_step == 4:
            for file in Path(arguments[0]).iterdir():
                file.write_bytes(file.read_bytes()[:100])
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(ObjectiveTrainer, name, half)
        with pytest.raises(Killed):
            training.run()
    assert [path.name for path in training.folder.glob("checkpoint-*")] == ["checkpoint-2"]
    again, log_again = training.run()
    assert what_was_learned(log_again) == what_was_learned(log)
    assert same_weights(again, weights)
    assert not list((training.folder / "saving").iterdir())


def test_old_checkpoints_make_room(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    training = Training(tiny_bi_encoder, tmp_path, replace(BASE, checkpoint_every=1), ROWS)
    training.killed(9)
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == [
        "checkpoint-7",
        "checkpoint-8",
    ]


def test_a_checkpoint_holds_no_pickle_but_pytorchs_own(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    training = Training(tiny_bi_encoder, tmp_path, BASE, ROWS)
    training.killed(4)
    names = {path.name for path in (tmp_path / "checkpoint-2").iterdir()}
    assert names == {
        "model.safetensors",
        "optimizer.pt",
        "scheduler.pt",
        "rng_state.pth",
        "trainer_state.json",
    }


def test_seconds_and_rate_go_on_after_a_kill(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    training = Training(tiny_bi_encoder, tmp_path, BASE, ROWS)
    training.killed(6)
    state = tmp_path / "checkpoint-4" / "trainer_state.json"
    # As if the first attempt had taken an hour.
    text = json.loads(state.read_text())
    for record in text["log_history"]:
        record["seconds"] += 3600.0
    state.write_text(json.dumps(text))
    _, log = training.run()
    seconds = [entry.seconds for entry in log]
    assert seconds == sorted(seconds)
    assert 3600 < seconds[3] < seconds[4] < seconds[-1] < 3660
    # The hour is none of the first interval's after the kill.
    assert all(1 < entry.rate < 1e6 for entry in log)
    assert [entry.step for entry in log] == list(range(1, 10))
