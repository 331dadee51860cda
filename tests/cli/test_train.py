"""``arir train``: recipes, changes to them, and what it says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from arir.cli.command import make_command
from arir.cli.train import command
from arir.config import to_dict
from arir.errors import ConfigError
from arir.train.config import METHODS
from tests.train.material import ROWS, settings, write_scores


def invoke(*words: str | Path) -> Result:
    return CliRunner().invoke(
        command, [str(word) for word in words], catch_exceptions=False, standalone_mode=False
    )


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(to_dict(settings(tmp_path))), encoding="utf-8")
    return path


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The configurations that training was asked for; nothing is trained."""
    calls: list[Any] = []
    for name, made in command.methods.items():
        noting = make_command("train", METHODS[name], calls.append, lambda *_: None)
        monkeypatch.setattr(made, "callback", noting.callback)
    return calls


def test_a_recipe_is_trained_end_to_end(recipe: Path, tmp_path: Path) -> None:
    write_scores(tmp_path / "scores.tsv", [*ROWS, (1.0, 0.5, "lost", "p1", "x")])
    result = invoke(recipe, "--set", "loss=margin-mse", "--set", "similarity=cosine")
    assert "8 triples, 3 steps in" in result.output
    assert f"student: {tmp_path / 'student'}" in result.output
    assert "1 of 9 rows are left out, since 1 queries and 1 passages have no text" in result.stderr
    assert "teacher_join.py" not in result.stderr
    assert (tmp_path / "student/manifest.json").is_file()


def test_flags_go_before_changes_and_changes_before_the_recipe(
    recipe: Path, asked: list[Any]
) -> None:
    invoke(recipe, "--set", "steps=7", "--set", "batch-size=9", "--steps", "8", "--no-overwrite")
    assert (asked[0].steps, asked[0].batch_size, asked[0].learning_rate) == (8, 9, 1e-3)


def test_all_kinds_of_settings_can_be_changed(recipe: Path, asked: list[Any]) -> None:
    changes: dict[str, Any] = {
        "labels": "hard",
        "overwrite": "true",
        "topics": "a.tsv,b.tsv",
        "held_out": "dev.txt",
        "epochs": "1.5",
    }
    words = [word for key, value in changes.items() for word in ("--set", f"{key}={value}")]
    invoke(recipe, *words)
    assert asked[0].topics == (Path("a.tsv"), Path("b.tsv"))
    assert (asked[0].labels, asked[0].overwrite) == ("hard", True)
    assert (asked[0].held_out, asked[0].epochs) == ("dev.txt", 1.5)


def test_config_and_flags_alone_do_as_well(recipe: Path, asked: list[Any]) -> None:
    invoke("--config", recipe)
    invoke(recipe)
    flags: list[str] = []
    for key, value in to_dict(asked[0]).items():
        for one in value if isinstance(value, list) else [value]:
            if one not in (None, False):
                flags += [f"--{key.replace('_', '-')}", str(one)]
    invoke(*flags)
    assert asked[0] == asked[1] == asked[2]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("step=3", "unknown key 'step' (did you mean steps?)"),
        ("steps", "--set steps is not KEY=VALUE"),
        ("steps=", "--set steps= is not KEY=VALUE"),
        ("config=x", "unknown key 'config'"),
    ],
)
def test_wrong_changes_are_named(recipe: Path, change: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        invoke(recipe, "--set", change)
    assert message in str(caught.value)


def test_a_wrong_value_in_a_change_is_a_usage_error(recipe: Path) -> None:
    result = CliRunner().invoke(command, [str(recipe), "--set", "steps=many"])
    assert result.exit_code == 2
    assert "'many' is not a valid integer" in result.output


def test_wrong_keys_in_a_recipe_name_the_file(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text("loss: margin-mse\nlerning_rate: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        invoke(path)
    for part in (str(path), "did you mean learning_rate", "missing key 'corpus'"):
        assert part in str(caught.value)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml: "):
        invoke(tmp_path / "none.yaml")


def test_two_files_of_settings_are_one_too_many(recipe: Path) -> None:
    with pytest.raises(ConfigError, match=r"both .* and --config .* are given"):
        invoke(recipe, "--config", recipe)


def test_small_margins_are_noted_before_training(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(0.01 * high, 0.01 * low, *ids) for high, low, *ids in ROWS]
    write_scores(tmp_path / "scores.tsv", rows)  # type: ignore[arg-type]

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("arir.train.service._fit", stop)
    result = CliRunner().invoke(command, [str(recipe), "--loss", "margin-mse"])
    assert "arir: note: the teacher's margins deviate by only" in result.stderr
    assert "service.py" not in result.stderr


def test_help_names_the_recipe_and_the_changes() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    assert "[RECIPE]" in text
    assert "--set KEY=VALUE" in text
