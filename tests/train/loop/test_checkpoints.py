"""Damaged checkpoints are refused by name, with the way on; none is half read."""

from __future__ import annotations

import itertools
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arir.errors import ModelError
from arir.train.loop.checkpoints import last_checkpoint
from tests.train.loop.world import SETTINGS, Training, same_weights


@pytest.fixture(scope="module")
def saved(tiny_bi_encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Checkpoints of steps 2 and 4; the best on dev is that of step 2."""
    folder = tmp_path_factory.mktemp("saved") / "student.partial"
    settings = replace(SETTINGS, steps=9, checkpoint_every=2, evaluate_every=2)
    values = iter([0.9, 0.1])
    training = Training(tiny_bi_encoder, folder, settings, dev=lambda _: lambda: next(values))
    training.killed(6)
    return folder


@pytest.fixture
def folder(saved: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / saved.name))


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-20])


def flip(file: Path) -> None:
    """Damage a byte in the middle, as a bad disk does."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def garble(file: Path) -> None:
    file.write_text("{not json", encoding="utf-8")


def empty(file: Path) -> None:
    file.write_bytes(b"")


def other(file: Path) -> None:
    file.write_text("[1, 2]", encoding="utf-8")


DAMAGES: list[tuple[str, Callable[[Path], None], str]] = [
    ("model.safetensors", truncate, "model.safetensors: "),
    ("model.safetensors", empty, "model.safetensors: "),
    ("model.safetensors", Path.unlink, "model.safetensors missing"),
    ("optimizer.pt", Path.unlink, "optimizer.pt missing"),
    ("optimizer.pt", truncate, "optimizer.pt unreadable"),
    ("optimizer.pt", flip, "optimizer.pt unreadable"),
    ("optimizer.pt", garble, "optimizer.pt unreadable"),
    ("scheduler.pt", empty, "scheduler.pt unreadable"),
    ("rng_state.pth", Path.unlink, "rng_state.pth missing"),
    ("rng_state.pth", truncate, "rng_state.pth unreadable"),
    ("trainer_state.json", garble, "trainer_state.json: Expecting property name"),
    ("trainer_state.json", other, "trainer_state.json: not the state of a training"),
]


@pytest.mark.parametrize(("name", "damage", "message"), DAMAGES)
def test_damage_is_named_with_the_way_on(
    folder: Path, name: str, damage: Callable[[Path], None], message: str
) -> None:
    damage(folder / "checkpoint-4" / name)
    with pytest.raises(ModelError) as caught:
        last_checkpoint(folder)
    assert f"{folder / 'checkpoint-4'}: damaged checkpoint: {message}" in str(caught.value)
    assert str(caught.value).endswith("remove checkpoint-4 to go on from the one before, step 2")


def test_the_way_on_works(
    tiny_bi_encoder: Path, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(folder / "checkpoint-4")
    settings = replace(SETTINGS, steps=9, checkpoint_every=2, evaluate_every=2)
    rising = itertools.count(1)
    training = Training(tiny_bi_encoder, folder, settings, dev=lambda _: lambda: next(rising))
    capfd.readouterr()
    weights, log = training.run()
    assert "checkpoint" not in capfd.readouterr().err
    assert [entry.dev for entry in log if entry.dev is not None] == [0.9, 1, 2, 3, 4]
    whole, _ = replace(training, folder=tmp_path / "whole").run()
    assert same_weights(weights, whole)


def test_the_only_checkpoint_leads_back_to_the_start(folder: Path) -> None:
    shutil.rmtree(folder / "checkpoint-2")
    (folder / "checkpoint-4/optimizer.pt").unlink()
    with pytest.raises(ModelError, match="remove checkpoint-4 to go on from the start"):
        last_checkpoint(folder)


@pytest.mark.parametrize("damage", [truncate, Path.unlink])
def test_a_damaged_best_checkpoint_is_found_before_the_training_goes_on(
    folder: Path, damage: Callable[[Path], None]
) -> None:
    damage(folder / "checkpoint-2/model.safetensors")
    with pytest.raises(ModelError) as caught:
        last_checkpoint(folder)
    assert f"{folder / 'checkpoint-2'}: damaged checkpoint, the best on dev" in str(caught.value)
    assert "remove student.partial to start anew" in str(caught.value)


def test_a_checkpoint_of_several_processes_needs_each_ones_random_numbers(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    with pytest.raises(ModelError, match=r"rng_state_1\.pth missing"):
        last_checkpoint(folder)


def test_another_students_checkpoint_is_refused(tiny_cosine_encoder: Path, folder: Path) -> None:
    settings = replace(SETTINGS, steps=9, checkpoint_every=2)
    with pytest.raises(ModelError, match=r"checkpoint-4: the checkpoint does not fit the student"):
        Training(tiny_cosine_encoder, folder, settings).run()


def test_the_last_checkpoint_is_the_one_of_the_greatest_step(folder: Path) -> None:
    state = folder / "checkpoint-4/trainer_state.json"
    shutil.copytree(folder / "checkpoint-4", folder / "checkpoint-10")
    assert json.loads(state.read_text())["global_step"] == 4
    assert last_checkpoint(folder) == folder / "checkpoint-10"


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "absent") is None
