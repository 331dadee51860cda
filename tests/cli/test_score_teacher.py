"""``arir score-teacher``: two lines, notes, and settings from a file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arir.cli.main import main
from arir.config import write_recipe
from arir.data.score_store import open_score_store
from arir.score_teacher.config import ScoreTeacherConfig
from tests.score_teacher.conftest import settings  # noqa: F401 - a fixture


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["score-teacher", *words])
    return int(stopped.value.code or 0)


def test_lines_tell_what_was_scored_and_on_which_scale(
    settings: dict[str, Any],  # noqa: F811
    tiny_cross_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = tmp_path / "recipe.yaml"
    write_recipe(recipe, ScoreTeacherConfig(teacher=str(tiny_cross_encoder), **settings))
    assert run("--config", str(recipe), "--depth", "3") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{tmp_path / 'scores'}: 9 pairs of 3 queries scored with ")
    assert second.startswith("logit from ")
    assert len(open_score_store(tmp_path / "scores")) == 9


def test_a_warning_is_a_note_in_one_line(
    settings: dict[str, Any],  # noqa: F811
    tiny_cross_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    recipe = tmp_path / "recipe.yaml"
    write_recipe(recipe, ScoreTeacherConfig(teacher=str(tiny_cross_encoder), **settings))
    settings["topics"].write_text("007\tx\n")
    assert run("--config", str(recipe)) == 0
    (note,) = capsys.readouterr().err.splitlines()
    assert note.startswith("arir: note: 10 of 15 pairs are left out")


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from arir.cli.score_teacher import command;"
        "print([m for m in ('torch', 'transformers', 'pandas', 'faiss') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
