"""OUTPUT.partial: the same command goes on, another one is refused, and nothing is left lying."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts.lock import locked
from arir.errors import ConfigError, DataError, ModelError, OutputError
from arir.train import TrainConfig, train
from arir.train.loop.engine import ObjectiveTrainer
from arir.train.service import ResumeNote
from arir.train.workplace import input_paths, workplace
from tests.train.material import settings


class Killed(BaseException):
    """Ends a training as a kill does."""


@pytest.fixture
def unfinished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TrainConfig]:
    """Train up to a step, and give the settings of that training."""

    def begin(stop: int = 3, **changes: Any) -> TrainConfig:
        config = settings(tmp_path, **{"steps": 4, "checkpoint_every": 2, **changes})
        step = ObjectiveTrainer.training_step

        def killed(trainer: ObjectiveTrainer, *arguments: Any, **more: Any) -> Any:
            if trainer.state.global_step + 1 == stop:
                raise Killed
            return step(trainer, *arguments, **more)

        with monkeypatch.context() as patch:
            patch.setattr(ObjectiveTrainer, "training_step", killed)
            with pytest.raises(Killed):
                train(config)
        return config

    return begin


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where data is hashed or read."""

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("arir.train.workplace.describe_input", fail)
    monkeypatch.setattr("arir.train.service._prepare", fail)


def partial(config: TrainConfig) -> Path:
    return config.output.with_name("student.partial")


def test_a_finished_training_leaves_the_student_alone(tmp_path: Path) -> None:
    config = settings(tmp_path, checkpoint_every=1)
    before = {path.name for path in tmp_path.iterdir()}
    train(config)
    assert {path.name for path in tmp_path.iterdir()} == before | {"student"}


def test_a_training_that_fails_before_its_first_checkpoint_leaves_nothing(
    unfinished: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    config = unfinished(stop=2)
    assert not partial(config).exists()
    assert not config.output.exists()


def test_an_old_student_stays_until_the_new_one_stands(
    unfinished: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    (tmp_path / "student").mkdir()
    (tmp_path / "student/old").touch()
    config = unfinished(overwrite=True)
    assert [path.name for path in config.output.iterdir()] == ["old"]
    with pytest.warns(ResumeNote, match=r"going on from .*student\.partial/checkpoint-2"):
        train(config)
    assert not (config.output / "old").exists()
    assert not partial(config).exists()


def test_what_an_unfinished_training_leaves_is_what_it_goes_on_from(
    unfinished: Callable[..., TrainConfig],
) -> None:
    folder = partial(unfinished())
    names = {path.name for path in folder.iterdir() if any(path.rglob("*")) or path.is_file()}
    assert names == {"config.json", "checkpoint-2", "process-0", "tensorboard"}
    assert [path.name for path in (folder / "process-0").iterdir()] == ["lock"]


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"seed": 2}, "seed"),
    ({"steps": 5, "learning_rate": 2e-3}, "steps, learning_rate"),
    ({"checkpoint_every": 1}, "checkpoint_every"),
    ({"loss": "margin-mse", "labels": "hard"}, "labels, loss"),
    ({"lora_rank": 2}, "lora_rank"),
    ({"precision": "bf16"}, "precision"),
]


@pytest.mark.parametrize(("changes", "keys"), CHANGES)
def test_other_settings_are_refused_by_name(
    unfinished: Callable[..., TrainConfig], tmp_path: Path, changes: dict[str, Any], keys: str
) -> None:
    config = unfinished()
    other = settings(tmp_path, **{"steps": 4, "checkpoint_every": 2, **changes})
    with pytest.raises(ConfigError) as caught:
        train(other)
    assert str(caught.value) == (
        f"{partial(config)}: the unfinished training there had other settings or data: {keys};"
        " give the same, or remove the folder to start anew"
    )
    assert (partial(config) / "checkpoint-2").is_dir()


@pytest.mark.parametrize("role", ["corpus", "topics", "teacher_scores"])
def test_other_data_under_the_same_name_is_refused(
    unfinished: Callable[..., TrainConfig], tmp_path: Path, role: str
) -> None:
    config = unfinished()
    path = input_paths(config)[role]
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=f"other settings or data: {role};"):
        train(config)


def test_a_side_file_of_the_teacher_that_came_later_is_other_data(
    unfinished: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    config = unfinished()
    (tmp_path / "scores.tsv.meta.yaml").write_text("teacher: x\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="other settings or data: teacher"):
        train(config)


def test_another_number_of_processes_is_refused(
    unfinished: Callable[..., TrainConfig], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = unfinished()
    saved = partial(config) / "config.json"
    text = json.loads(saved.read_text())
    assert text["processes"] == 1
    saved.write_text(json.dumps({**text, "processes": 4}))
    with pytest.raises(ConfigError, match="other settings or data: number of processes;"):
        train(config)


def test_settings_of_every_kind_are_the_same_after_a_kill(
    unfinished: Callable[..., TrainConfig], tmp_path: Path
) -> None:
    """Paths, tuples, numbers that are written as text, and what has no value."""
    held_out = tmp_path / "held_out.txt"
    held_out.write_text("q4\n", encoding="utf-8")
    config = unfinished(
        teacher_range=(-10.0, 12.0), held_out=str(held_out), learning_rate=1e-5, scale=0.1
    )
    with pytest.warns(ResumeNote):
        train(config)


def test_the_device_may_change(unfinished: Callable[..., TrainConfig], tmp_path: Path) -> None:
    unfinished(device="auto")
    with pytest.warns(ResumeNote):
        train(settings(tmp_path, steps=4, checkpoint_every=2, device="cpu"))


@pytest.mark.usefixtures("no_reading")
def test_a_damaged_checkpoint_is_named_before_data_is_read(tmp_path: Path) -> None:
    config = settings(tmp_path)
    checkpoint = partial(config) / "checkpoint-2"
    checkpoint.mkdir(parents=True)
    (checkpoint / "model.safetensors").touch()
    with pytest.raises(ModelError, match=r"checkpoint-2: damaged checkpoint: optimizer\.pt, sch"):
        train(config)
    assert checkpoint.is_dir()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the settings of the unfinished training are missing"),
        ("{", "damaged settings: Expecting property name"),
        ("[]", "damaged settings: "),
        ('{"settings": {}}', "damaged settings: 'inputs'"),
        ('{"settings": 1, "inputs": 2}', "damaged settings: settings and inputs must be objects"),
    ],
)
def test_settings_that_cannot_be_read_are_named(
    unfinished: Callable[..., TrainConfig], content: str | None, message: str
) -> None:
    config = unfinished()
    file = partial(config) / "config.json"
    file.unlink()
    if content is not None:
        file.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        train(config)
    assert f"{file}: {message}" in str(caught.value)
    assert "remove student.partial to start anew" in str(caught.value)
    assert (partial(config) / "checkpoint-2").is_dir()


def test_a_second_process_is_kept_out_and_disturbs_nothing(tmp_path: Path) -> None:
    config = settings(tmp_path)
    with workplace(config) as place:
        (place.scratch / "tokens").touch()
        with pytest.raises(OutputError) as caught, workplace(config):
            raise AssertionError
        assert str(caught.value) == (
            f"{config.output}: another process is training into it; wait for its end"
        )
        assert (place.scratch / "tokens").is_file()
        assert (place.folder / "config.json").is_file()
    assert not place.folder.exists()


def test_every_process_of_torchrun_has_its_own_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(tmp_path)
    monkeypatch.setenv("WORLD_SIZE", "2")
    with workplace(config) as first:
        monkeypatch.setenv("RANK", "1")
        with workplace(config) as second:
            assert first.folder == second.folder
            assert first.scratch != second.scratch
        assert not second.scratch.exists()
        assert first.scratch.is_dir(), "a process removed what is not its own"
        monkeypatch.setenv("RANK", "0")
    assert not first.folder.exists()


def test_scratch_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    config = settings(tmp_path)
    left = partial(config) / "process-0" / "scratch" / "query.tokens"
    left.parent.mkdir(parents=True)
    left.touch()
    with workplace(config) as place:
        assert list(place.scratch.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    config = settings(tmp_path, output=tmp_path / "file" / "student")
    with pytest.raises(OutputError, match=r"student\.partial/process-0: cannot make the folder: n"):
        train(config)


def test_the_lock_names_the_output(tmp_path: Path) -> None:
    config = settings(tmp_path)
    own = partial(config) / "process-0"
    own.mkdir(parents=True)
    with (
        locked(own, config.output, "training into"),
        pytest.raises(OutputError, match="student: another process is training into it"),
    ):
        train(config)
    assert own.is_dir()


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("teacher_scores", "gone: no such file"),
        ("topics", "gone: no such file"),
        ("corpus", "gone: no such collection"),
        ("held_out", "gone: no such file"),
    ],
)
def test_missing_inputs_are_named(tmp_path: Path, key: str, message: str) -> None:
    gone = tmp_path / "gone"
    with pytest.raises(DataError, match=message):
        input_paths(settings(tmp_path, **{key: str(gone) if key == "held_out" else gone}))


def test_several_files_of_a_role_are_numbered(tmp_path: Path) -> None:
    more = tmp_path / "more.tsv"
    more.write_text("x\tنهر\n", encoding="utf-8")
    config = settings(tmp_path, topics=(tmp_path / "topics.tsv", more))
    paths = input_paths(config)
    assert (paths["topics 1"], paths["topics 2"]) == (tmp_path / "topics.tsv", more)
