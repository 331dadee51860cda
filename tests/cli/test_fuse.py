"""``arir fuse`` on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arir.cli import main

Write = Callable[[str, str], Path]


@pytest.fixture
def runs(write: Write) -> list[str]:
    bm25 = "".join(f"q{t} Q0 d{n} {n} {9 - n} a\n" for t in range(6) for n in range(1, 5))
    dense = "".join(f"q{t} Q0 d{n} {n} 0.{9 - n} b\n" for t in range(6) for n in range(3, 7))
    return [str(write("bm25.trec", bm25)), str(write("kd.trec", dense))]


def call(words: list[str]) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["fuse", *words])
    return int(stopped.value.code or 0)


def test_what_was_written_is_said(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "f.trec"
    words = [*runs, "--output", str(output), "--method", "interpolation", "-w", "0.3", "-w", "0.7"]
    assert call(words) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"{output}: 36 hits for 6 topics, 2 runs fused by interpolation (")
    assert err == ""
    assert len(output.read_text().splitlines()) == 36


def test_tuned_weights_are_shown_with_what_they_are_worth(
    runs: list[str], write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    qrels = write("qrels.txt", "".join(f"q{t} 0 d6 1\n" for t in range(6)))
    words = [*runs, "--output", str(tmp_path / "f.trec"), "--method", "interpolation"]
    assert call([*words, "--tune", "RR@10", "--qrels", str(qrels), "--folds", "2"]) == 0
    out = capsys.readouterr().out
    assert "weight of bm25" in out
    assert "RR@10 on topics that the weights were not tuned on: 0." in out
    assert out.count("0.00") >= 2


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["{0}", "--output", "{out}"], 3, "at least 2 runs must be given"),
        (["{0}", "{1}"], 3, "missing key 'output'"),
        (["{0}", "nothing.trec", "--output", "{out}"], 4, "cannot read the file"),
        (["{0}", "{1}", "--output", "/dev/null/f.trec"], 8, "cannot be written"),
        (["{0}", "{1}", "--output", "{out}", "--method", "sum"], 2, "is not one of"),
        (["{0}", "{1}", "--output", "{out}", "--tune", "AP"], 9, "nothing to tune on"),
    ],
)
def test_faults_have_their_exit_codes(
    runs: list[str],
    tmp_path: Path,
    words: list[str],
    code: int,
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [word.format(*runs, out=tmp_path / "f.trec") for word in words]
    assert call(filled) == code
    assert message in capsys.readouterr().err
