"""A command is its configuration: the same keys, defaults and checks from flags and files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from click.testing import CliRunner

from arir.cli.command import make_command
from arir.config import argument, configuration, option, to_dict, to_json
from arir.errors import ConfigError

Write = Callable[[str, str], Path]


@configuration
class Demo:
    """Do nothing, with settings."""

    runs: tuple[Path, ...] = argument("the runs")
    output: Path = option("where to write")
    hits: int = option("hits a query", default=1000, at_least=1)
    measure: tuple[str, ...] = option("measures", default=("nDCG@10",), flags=("-m",))
    method: Literal["rrf", "borda"] = option("how", default="rrf")
    overwrite: bool = option("replace", default=False)
    qrels: Path | None = option("judgments", default=None)


seen: list[Demo] = []
command = make_command("demo", Demo, seen.append, lambda result, settings: None)


def invoke(*words: str) -> Demo:
    seen.clear()
    CliRunner().invoke(command, words, catch_exceptions=False, standalone_mode=False)
    return seen[0]


def test_flags_become_the_configuration() -> None:
    got = invoke("a", "b", "--output", "o", "-m", "RR", "--measure", "AP", "--overwrite")
    assert got == Demo(
        runs=(Path("a"), Path("b")), output=Path("o"), measure=("RR", "AP"), overwrite=True
    )


def test_flags_go_before_the_file_and_the_file_before_defaults(write: Write) -> None:
    file = write("s.yaml", "output: o\nruns: [a]\nhits: 7\nmethod: borda\noverwrite: true\n")
    got = invoke("--config", str(file), "--hits", "9", "--no-overwrite")
    assert (got.hits, got.method, got.overwrite) == (9, "borda", False)


def test_a_saved_configuration_runs_the_same_command(write: Write) -> None:
    first = invoke("a", "--output", "o", "--hits", "5", "--qrels", "q")
    assert invoke("--config", str(write("config.json", to_json(first)))) == first
    assert to_dict(first)["runs"] == ["a"]


def test_wrong_keys_in_a_file_name_the_file(write: Write) -> None:
    file = write("s.yaml", "output: o\nruns: [a]\nhit: 7\n")
    with pytest.raises(ConfigError, match="did you mean hits") as caught:
        invoke("--config", str(file))
    assert str(file) in str(caught.value)


def test_missing_settings_are_named() -> None:
    with pytest.raises(ConfigError, match="missing key 'runs'; missing key 'output'"):
        invoke()


def test_help_shows_requirements_and_defaults() -> None:
    text = CliRunner().invoke(command, ["--help"]).output
    for part in ("[required]", "[default: 1000]", "-m, --measure", "--no-overwrite"):
        assert part in text
