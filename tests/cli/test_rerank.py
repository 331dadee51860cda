"""``arir rerank``: one quiet line, and the documented exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.cli.main import main
from arir.data.runs import Run, read_run, write_run
from arir.errors import ConfigError, DataError, ModelError
from tests.tiny import SENTENCES

Write = Callable[[str, str], Path]


@pytest.fixture
def flags(write: Write, tmp_path: Path, tiny_cross_encoder: Path) -> dict[str, object]:
    lines = (json.dumps({"id": f"{n:03}", "contents": t}) for n, t in enumerate(SENTENCES))
    hits = [(f"{n:03}", 9.0 - n) for n in range(6)]
    write_run(tmp_path / "first.trec", Run.from_rankings({"007": hits}, "first"))
    return {
        "--run": tmp_path / "first.trec",
        "--reranker": tiny_cross_encoder,
        "--corpus": write("corpus.jsonl", "\n".join(lines)),
        "--topics": write("topics.tsv", "007\tمن كتب المقدمة ؟\n"),
        "--output": tmp_path / "second.trec",
    }


def rerank(flags: dict[str, object]) -> int:
    words = [str(word) for flag, value in flags.items() for word in (flag, value)]
    with pytest.raises(SystemExit) as stopped:
        main(["rerank", *words])
    return int(stopped.value.code or 0)


def test_a_line_tells_what_was_reranked(
    flags: dict[str, object], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rerank({**flags, "--depth": 4}) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{tmp_path / 'second.trec'}: 4 hits of 1 topics reranked with ")
    assert "(depth 4, " in line
    found = [hit.docid for hit in read_run(tmp_path / "second.trec").hits(0)]
    assert found[4:] == ["004", "005"]
    assert sorted(found[:4]) == ["000", "001", "002", "003"]


def test_a_bi_encoder_reranks_too(flags: dict[str, object], tiny_bi_encoder: Path) -> None:
    assert rerank({**flags, "--reranker": tiny_bi_encoder}) == 0


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"--reranker": "kd-aradrp-ce"}, ModelError.exit_code, "did you mean kd-aradpr-ce"),
        ({"--run": "nowhere.trec"}, DataError.exit_code, "nowhere.trec: cannot read the file"),
        ({"--corpus": "nowhere.jsonl"}, DataError.exit_code, "no such collection"),
        ({"--depth": "0"}, ConfigError.exit_code, "depth"),
        ({"--topics": "other.tsv"}, DataError.exit_code, "the run's topics 007 are not there"),
        ({"--qrels": "nowhere.txt"}, DataError.exit_code, "nowhere.txt"),
    ],
)
def test_each_error_has_its_exit_code_and_one_line(
    flags: dict[str, object],
    write: Write,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, object],
    status: int,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write("other.tsv", "7\tx\n")
    assert rerank({**flags, **change}) == status
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "second.trec").exists()
