"""How ``arir train`` finds the method, and how flags and --set reach its settings and stages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from arir.cli import train as cli_train
from arir.cli.command import make_command
from arir.cli.main import cli
from arir.cli.method import MethodCommand
from arir.cli.recipe import with_recipe
from arir.cli.stages import merge_stages
from arir.errors import ConfigError
from arir.train.config import METHODS, STAGE_METHODS, StagesConfig

STAGED: dict[str, Any] = {
    "method": "stages",
    "student": "new",
    "topics": "t.tsv",
    "steps": 9,
    "stages": [
        {"name": "distil", "method": "bitext", "embedding-mse": 1.0, "teacher": "t", "steps": 5},
        {"name": "in-domain", "method": "contrast", "corpus": "c.jsonl", "qrels": "q.txt"},
    ],
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The settings that training was asked for; nothing is trained."""
    calls: list[Any] = []
    methods = {
        name: with_recipe(make_command("train", cls, calls.append, lambda *_: None))
        for name, cls in STAGE_METHODS.items()
    }
    merged = make_command("train", StagesConfig, calls.append, lambda *_: None, merge_stages)
    command = MethodCommand("train", cli_train.HELP, {**methods, "stages": with_recipe(merged)})
    monkeypatch.setattr(cli_train, "command", command)
    return calls


def run(*words: str | Path) -> Result:
    arguments = ["train", *map(str, words)]
    return CliRunner().invoke(cli, arguments, catch_exceptions=False, standalone_mode=False)


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    path = tmp_path / "lists.yaml"
    path.write_text("method: lists\nteacher_scores: s.jsonl\nnway: 4\n", encoding="utf-8")
    return path


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    path = tmp_path / "staged.yaml"
    path.write_text(yaml.safe_dump(STAGED), encoding="utf-8")
    return path


GIVEN = ("--student", "new", "--corpus", "c", "--topics", "t", "--output", "o")


@pytest.mark.parametrize(
    "words",
    [
        ["{recipe}", *GIVEN],
        [*GIVEN, "{recipe}"],
        ["--overwrite", "{recipe}", *GIVEN],
        ["--config", "{recipe}", *GIVEN],
        [*GIVEN, "--config={recipe}"],
        ["--method", "lists", *GIVEN, "--teacher-scores", "s.jsonl", "--nway", "4"],
        [*GIVEN, "--teacher-scores", "s.jsonl", "--nway=4", "--method=lists"],
        [*GIVEN, "--teacher-scores", "s.jsonl", "--nway=4", "--set", "method=lists"],
    ],
    ids=" ".join,
)
def test_the_method_is_found_wherever_it_is_named(
    words: list[str], recipe: Path, asked: list[Any]
) -> None:
    run(*(word.replace("{recipe}", str(recipe)) for word in words))
    assert (asked[0].method, asked[0].nway, asked[0].student) == ("lists", 4, "new")


def test_without_a_method_the_first_is_taken(asked: list[Any]) -> None:
    run(*GIVEN, "--teacher-scores", "s.tsv")
    assert asked[0].method == "margins"


def test_an_unknown_method_is_answered_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no method 'lits'; did you mean lists"):
        run("--method", "lits")
    (tmp_path / "r.yaml").write_text("method: bittext\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no method 'bittext'; did you mean bitext"):
        run(tmp_path / "r.yaml", "--output", "o")


def test_an_unknown_recipe_is_answered_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="no recipe 'kd-aradrp'; did you mean kd-aradpr"):
        run("kd-aradrp", "--output", "o")


@pytest.mark.parametrize("words", [["{recipe}", "--nwya", "3"], ["--nwya=3", "--method", "lists"]])
def test_an_unknown_flag_is_a_usage_error(words: list[str], recipe: Path) -> None:
    with pytest.raises(click.NoSuchOption, match="--nwya"):
        run(*(word.replace("{recipe}", str(recipe)) for word in words))


def test_all_wrong_changes_are_named_at_once(recipe: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        run(recipe, "--set", "nwey=3", "--set", "steps", "--set", "lerning-rate=1")
    for part in ("'nwey' (did you mean nway?)", "--set steps is not KEY=VALUE", "learning_rate"):
        assert part in str(caught.value)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_the_methods_and_what_they_share(flag: str) -> None:
    text = run(flag).output
    for name in METHODS:
        assert f"\n  {name} " in text
    for part in ("[RECIPE]", "--method METHOD --help", "--output DIR", "--set KEY=VALUE"):
        assert part in text
    assert "--nway" not in text


@pytest.mark.parametrize(
    ("method", "flag"), [("lists", "--nway"), ("bitext", "--transport"), ("stages", "--steps")]
)
def test_help_of_a_method_has_its_flags(method: str, flag: str) -> None:
    assert flag in run("--method", method, "--help").output
    assert flag in run("--help", f"--method={method}").output


def test_help_of_stages_offers_no_flag_for_the_stages_themselves() -> None:
    text = run("--method", "stages", "--help").output
    assert "--stages" not in text
    assert "--overwrite / --no-overwrite" in text
    assert "--recompute / --no-recompute" in text


def test_changes_of_a_stage_go_before_flags_and_flags_before_the_recipe(
    staged: Path, asked: list[Any]
) -> None:
    words = ["--set", "in-domain.steps=7", "--set", "stages.1.max_chars=80", "--steps", "3"]
    run(staged, *words, "--set", "distil.bitext=a.tsv,b.tsv", "--output", "o", "--recompute")
    distil, in_domain = asked[0].trainings.values()
    assert (distil.steps, distil.max_chars, in_domain.steps) == (3, 80, 7)
    assert distil.bitext == (Path("a.tsv"), Path("b.tsv"))
    assert (distil.recompute, in_domain.recompute) == (True, True)
    assert in_domain.topics == (Path("t.tsv"),)


def test_the_recipes_own_settings_stand_where_nothing_changes_them(
    staged: Path, asked: list[Any]
) -> None:
    run(staged, "--set", "distil.bitext=a.tsv", "--set", "seed=5", "--output", "o")
    distil, in_domain = asked[0].trainings.values()
    assert (distil.steps, in_domain.steps) == (5, 9)
    assert (distil.seed, in_domain.seed, in_domain.student) == (5, 5, "o.stages/distil")


def test_a_student_on_the_command_line_is_where_the_first_stage_starts(
    tmp_path: Path, asked: list[Any]
) -> None:
    stages = [{**STAGED["stages"][0], "student": "mine"}, STAGED["stages"][1]]
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump({**STAGED, "stages": stages}), encoding="utf-8")
    run(path, "--set", "distil.bitext=a.tsv", "--output", "o", "--student", "other")
    assert [t.student for t in asked[0].trainings.values()] == ["other", "o.stages/distil"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("distl.steps=3", "--set distl.steps=3: no stage 'distl' (did you mean distil?)"),
        ("stages.3.steps=3", "no stage '3'"),
        ("distil.stps=3", "stage distil: unknown key 'stps' (did you mean steps"),
        ("distil.steps=many", "stage distil: steps: input should be a valid integer"),
    ],
)
def test_wrong_changes_of_stages_are_named(staged: Path, change: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        run(staged, "--set", "distil.bitext=a.tsv", "--set", change, "--output", "o")
    assert message in str(caught.value)


def test_what_every_stage_lacks_is_named_with_the_file(staged: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        run(staged)
    text = str(caught.value)
    assert text.startswith(f"{staged}: missing key 'output'; stage distil: missing key 'bitext'")
