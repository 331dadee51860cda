from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from arir.cli.index import command
from arir.cli.main import main
from arir.errors import ConfigError, DataError, OutputError

Write = Callable[[str, str], Path]


@pytest.fixture
def corpus(write: Write) -> Path:
    return write("corpus.tsv", "1\tكتاب في القاهرة\n2\t😀\n")


def invoke(*words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


def test_the_command_does_not_say_what_it_made(corpus: Path, tmp_path: Path) -> None:
    result = invoke(corpus, "--output", tmp_path / "index")
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert first.startswith("indexed 2 passages with the analyser 'ar', profile 'none' (")
    assert second == f"index: {tmp_path / 'index'}"
    assert result.stderr == ""


def test_passages_left_out_are_not_named(corpus: Path, tmp_path: Path) -> None:
    result = invoke(corpus, "--output", tmp_path / "index", "--profile", "araelectra")
    assert result.stdout.startswith("indexed 1 passages")
    assert result.stderr == "left out 1 of which the profile leaves nothing to index: 2\n"


def test_a_saved_configuration_cannot_be_given_again(corpus: Path, tmp_path: Path) -> None:
    invoke(corpus, "--output", tmp_path / "index", "--language", "en", "--threads", "1")
    saved = tmp_path / "index" / "config.json"
    assert json.loads(saved.read_text(encoding="utf-8"))["language"] == "en"
    again = invoke("--config", saved, "--overwrite")
    assert again.exit_code == 0, again.output
    assert "analyser 'en'" in again.stdout


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["gone.tsv", "--output", "x"], DataError.exit_code, "gone.tsv: no such collection"),
        (["{corpus}", "--output", "x", "--language", "xx"], ConfigError.exit_code, "language 'xx'"),
        (["{corpus}", "--output", "x", "--profile", "xx"], ConfigError.exit_code, "profile 'xx'"),
        (["{corpus}"], ConfigError.exit_code, "missing key 'output'"),
        (["{corpus}", "--output", "{corpus}"], OutputError.exit_code, "already exists"),
        (["{corpus}", "--output", "x", "--lang", "ar"], 2, "No such option"),
    ],
)
def test_an_error_has_another_exit_code_than_documented(
    corpus: Path,
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(corpus.parent)
    before = sorted(corpus.parent.iterdir())
    with pytest.raises(SystemExit) as left:
        main(["index", *(word.format(corpus=corpus) for word in words)])
    captured = capsys.readouterr()
    assert left.value.code == code
    assert message in captured.err
    assert captured.out == ""
    assert sorted(corpus.parent.iterdir()) == before


def test_help_hides_a_setting_or_a_language() -> None:
    text = " ".join(invoke("--help").output.split())
    for word in (
        "CORPUS",
        "--output",
        "--language CODE",
        "--profile",
        "--with-title",
        "whitespace",
    ):
        assert word in text
