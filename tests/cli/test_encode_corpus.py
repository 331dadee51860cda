"""``arir encode-corpus``: two quiet lines, the documented exit codes, and nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.cli.main import main
from arir.errors import ConfigError, DataError, DependencyError, ModelError, OutputError
from arir.index.chunks import Chunks

Write = Callable[[str, str], Path]


@pytest.fixture
def corpus(write: Write) -> Path:
    lines = (json.dumps({"id": f"p{n}", "contents": f"passage {n}"}) for n in range(5))
    return write("corpus.jsonl", "\n".join(lines))


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(["encode-corpus", *map(str, words)])
    return int(stopped.value.code or 0)


def test_it_says_what_was_encoded_and_where_the_index_is(
    corpus: Path, tiny_bi_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "index"
    assert run(corpus, "--encoder", tiny_bi_encoder, "--output", output) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"encoded 5 of 5 passages with {tiny_bi_encoder} (32 dimensions, ")
    assert second == f"index: {output}"


def test_it_says_when_it_goes_on_with_earlier_work(
    corpus: Path,
    tiny_bi_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = (corpus, "--encoder", tiny_bi_encoder, "--output", tmp_path / "index")
    with monkeypatch.context() as patch:
        patch.setattr("arir.index.dense.put_together", _interrupt)
        assert run(*words) == 130
    assert not (tmp_path / "index").exists()
    assert run(*words) == 0
    out = capsys.readouterr().out
    assert out.startswith("5 passages stood already")
    assert "nothing new" in out


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_shard_says_what_is_still_to_be_done(
    corpus: Path, tiny_bi_encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = (corpus, "--encoder", tiny_bi_encoder, "--output", tmp_path / "index")
    assert run(*words, "--shard", "1/2") == 0
    assert "shard 1/2 is done; when all are, run without --shard" in capsys.readouterr().out
    assert not (tmp_path / "index").exists()
    assert run(*words) == 0


def test_a_full_disk_is_one_line_and_leaves_nothing(
    corpus: Path,
    tiny_bi_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OutputError("cannot be written: no space left on device", where="here")

    monkeypatch.setattr(Chunks, "save", full)
    output = tmp_path / "index"
    assert run(corpus, "--encoder", tiny_bi_encoder, "--output", output) == OutputError.exit_code
    assert "no space left on device" in capsys.readouterr().err.splitlines()[-1]
    assert not output.exists()


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"--encoder": "kd-aradrp"}, ModelError.exit_code, "did you mean kd-aradpr"),
        ({"--encoder": "kd-aradpr-ce"}, ModelError.exit_code, "is a cross-encoder"),
        ({"--device": "cuda:9"}, DependencyError.exit_code, "CUDA"),
        ({"--shard": "3/2"}, ConfigError.exit_code, "shard must be I/N"),
        ({"--precision": "fp8"}, 2, "'fp8' is not one of"),
        ({"corpus": "nowhere.jsonl"}, DataError.exit_code, "nowhere.jsonl: no such collection"),
        ({"--output": None}, ConfigError.exit_code, "missing key 'output'"),
    ],
)
def test_each_error_has_its_exit_code_and_one_line(
    corpus: Path,
    tiny_bi_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: dict[str, str | None],
    status: int,
    message: str,
) -> None:
    given: dict[str, object] = {"--encoder": tiny_bi_encoder, "--output": tmp_path / "index"}
    given |= change
    place = given.pop("corpus", corpus)
    flags = [word for flag, value in given.items() if value is not None for word in (flag, value)]
    assert run(place, *flags) == status
    assert message in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "index").exists()
