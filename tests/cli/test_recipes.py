"""``arir recipes``: what it prints is a recipe, and says what is still to be given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from arir.cli.recipes import command
from arir.config import from_yaml
from arir.errors import ConfigError
from arir.recipes import RECIPES, recipe_names


def printed(*words: str) -> str:
    result = CliRunner().invoke(command, list(words), catch_exceptions=False, standalone_mode=False)
    return result.output


def test_list_names_every_recipe_with_what_it_trains() -> None:
    rows = json.loads(printed("list", "--format", "json"))
    rows = rows["rows"] if isinstance(rows, dict) else rows
    assert [row["recipe"] for row in rows] == recipe_names()
    optical = next(row for row in rows if row["recipe"] == "optical")
    assert (optical["method"], optical["student"]) == ("bitext", "late-interaction")
    assert "optimal transport" in optical["what it trains"]


@pytest.mark.parametrize("name", ["kd-aradpr", "miracl-staged", "optical"])
def test_what_show_prints_is_the_recipe_and_can_be_saved_as_one(name: str, tmp_path: Path) -> None:
    text = printed("show", name)
    assert text.startswith((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    assert from_yaml(tmp_path / "mine.yaml") == from_yaml(RECIPES / f"{name}.yaml")
    assert printed("show", str(tmp_path / "mine.yaml")).startswith(text)


def test_show_says_what_is_still_to_be_given() -> None:
    assert "# Still to be given: corpus, topics, teacher_scores, output\n" in printed(
        "show", "kd-aradpr"
    )
    staged = printed("show", "miracl-staged")
    assert "arir train miracl-staged --set distil.bitext=..." in staged
    assert staged.rstrip().endswith("--output ...")


def test_a_recipe_that_lacks_nothing_is_printed_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "whole.yaml"
    values = {"method": "masked-lm", "student": "new", "text": "t.jsonl", "output": "o"}
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    assert printed("show", str(path)) == path.read_text(encoding="utf-8")


def test_an_unknown_recipe_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no recipe 'optcal'; did you mean optical\?"):
        printed("show", "optcal")
