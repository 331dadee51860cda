"""TensorBoard gets the log where it is installed, and nothing breaks where it is not."""

from __future__ import annotations

import builtins
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arir.train.loop.log import LogEntry, as_entry, as_record
from tests.train.loop.world import SETTINGS, Training

DEV = replace(SETTINGS, evaluate_every=2, checkpoint_every=2)


def events(folder: Path) -> dict[str, dict[int, float]]:
    """Tag to step to value, as TensorBoard shows them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown = EventAccumulator(str(folder)).Reload()
    return {
        tag: {event.step: event.value for event in shown.Scalars(tag)}
        for tag in shown.Tags()["scalars"]
    }


def test_tensorboard_shows_loss_rates_and_dev(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    values = iter([0.25, 0.75])
    _, log = Training(tiny_bi_encoder, tmp_path, DEV, dev=lambda _: lambda: next(values)).run()
    shown = events(tmp_path / "tensorboard")
    assert set(shown) == {"train/loss", "train/lr", "train/rate", "dev"}
    assert shown["dev"] == {2: 0.25, 4: 0.75}
    for name in ("loss", "lr", "rate"):
        expected = {entry.step: getattr(entry, name) for entry in log}
        assert shown[f"train/{name}"] == pytest.approx(expected, rel=1e-6)


def test_a_killed_attempts_later_steps_are_not_shown_twice(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    settings = replace(SETTINGS, steps=6, checkpoint_every=2)
    training = Training(tiny_bi_encoder, tmp_path, settings)
    training.killed(4)  # step 3 is logged, and trained again
    _, log = training.run()
    shown = events(tmp_path / "tensorboard")["train/loss"]
    assert shown == pytest.approx({entry.step: entry.loss for entry in log}, rel=1e-6)
    assert list(shown) == [1, 2, 3, 4, 5, 6]


def test_nothing_breaks_without_tensorboard(
    tiny_bi_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def absent(name: str, *rest: Any, **more: Any) -> Any:
        if name.startswith(("torch.utils.tensorboard", "tensorboard")):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    _, log = Training(tiny_bi_encoder, tmp_path, DEV, dev=lambda _: lambda: 0.5).run()
    assert [entry.dev for entry in log] == [None, 0.5, None, 0.5]
    assert not (tmp_path / "tensorboard").exists()


def test_an_entry_comes_back_from_its_record() -> None:
    entry = LogEntry(3, 0.5, 1e-4, 2.5, 10.0)
    assert as_entry(as_record(entry)) == entry
    assert "dev" not in as_record(entry)
    assert as_entry(as_record(replace(entry, dev=0.0))).dev == 0.0


def test_a_long_training_has_a_log_of_bounded_length(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    settings = replace(SETTINGS, steps=202, batch_size=1, checkpoint_every=150)
    _, log = Training(tiny_bi_encoder, tmp_path, settings, rows=2).run()
    # Every second step.
    assert [entry.step for entry in log] == list(range(2, 203, 2))
