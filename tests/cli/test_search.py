"""``arir search``: what was written in one line, topics without hits named, exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.cli.main import main
from arir.data.runs import read_run
from arir.errors import (
    ConfigError,
    DataError,
    EvaluationError,
    IndexMismatchError,
    ModelError,
    OutputError,
)
from tests.tiny import SENTENCES

Write = Callable[[str, str], Path]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, tiny_bi_encoder: Path) -> Path:
    """A folder with a collection, topics, and an index of each kind."""
    folder = tmp_path_factory.mktemp("home")
    lines = (json.dumps({"id": f"{n:03}", "contents": text}) for n, text in enumerate(SENTENCES))
    (folder / "corpus.jsonl").write_text("\n".join(lines))
    (folder / "topics.tsv").write_text("007\tمن كتب المقدمة ؟\nNA\txyzzy\n")
    (folder / "other.txt").write_text("zz 0 001 1\n")
    corpus, encoder = str(folder / "corpus.jsonl"), str(tiny_bi_encoder)
    run("index", corpus, "--output", folder / "bm25")
    run("encode-corpus", corpus, "--encoder", encoder, "--output", folder / "dense")
    return folder


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(list(map(str, words)))
    return int(stopped.value.code or 0)


def search(home: Path, output: Path, *words: object) -> int:
    return run("search", "--topics", home / "topics.tsv", "--output", output, *words)


def test_a_line_tells_what_was_written_and_another_names_topics_without_hits(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "bm25.trec"
    assert search(home, output, "--index", home / "bm25", "--bm25", "--hits", 3) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{output}: ")
    assert "hits for 2 topics (bm25, " in first
    assert second == "no hits for 1 of them: NA"


def test_each_way_to_search_writes_a_run_of_that_name(
    home: Path, tmp_path: Path, tiny_bi_encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ways = {
        "bm25": ["--index", home / "bm25"],
        "dense": ["--index", home / "dense", "--encoder", tiny_bi_encoder],
        "hybrid": ["--index", home / "dense", "--index", home / "bm25", "--alpha", 0.4],
    }
    for name, words in ways.items():
        output = tmp_path / f"{name}.trec"
        assert search(home, output, *words) == 0
        assert f"({name}, " in capsys.readouterr().out
        assert read_run(output).tag == name
        assert (tmp_path / f"{name}.trec.meta.yaml").is_file()


def test_index_without_a_manifest_gives_a_note_on_standard_error(
    home: Path, tmp_path: Path, tiny_bi_encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bare = shutil.copytree(home / "dense", tmp_path / "bare")
    (bare / "manifest.json").unlink()
    words = ("--index", bare, "--encoder", tiny_bi_encoder)
    assert search(home, tmp_path / "run.trec", *words) == 0
    captured = capsys.readouterr()
    assert "arir: note: " in captured.err
    assert "note" not in captured.out


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["--index", "bm25", "--encoder", "kd-aradpr"], ConfigError.exit_code, "needs a dense"),
        (["--index", "dense", "--encoder", "kd-aradrp"], ModelError.exit_code, "did you mean"),
        (["--index", "dense", "--encoder", "cosine"], IndexMismatchError.exit_code, "built by"),
        (["--index", "nowhere"], IndexMismatchError.exit_code, "no such index folder"),
        (["--index", "dense", "--topics", "nowhere.tsv"], DataError.exit_code, "nowhere.tsv"),
        (["--index", "bm25", "--qrels", "other.txt"], EvaluationError.exit_code, "judges none"),
        (["--index", "dense", "--output", "."], OutputError.exit_code, "is a folder"),
        (["--index", "dense", "--hits", "many"], 2, "not a valid integer"),
        ([], ConfigError.exit_code, "index must be given, or corpus"),
    ],
)
def test_each_error_has_its_exit_code_and_one_line(
    home: Path,
    tmp_path: Path,
    tiny_cosine_encoder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(home)
    output = tmp_path / "run.trec"
    given = [str(tiny_cosine_encoder) if word == "cosine" else word for word in words]
    assert search(home, output, *given) == status
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not output.exists()
