"""A killed scoring goes on behind its last part, to the same bytes; no other job is mixed in."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from arir.data.score_store import open_score_store
from arir.errors import ConfigError, OutputError
from arir.models.bi_encoder.encoder import BiEncoder
from arir.models.cross_encoder.reranker import CrossEncoderReranker
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.service import score_teacher

Write = Callable[[str, str], Path]


class Killed(Exception):  # noqa: N818 - no error of anybody's
    """Stands for the end of the process."""


def kill_at(monkeypatch: pytest.MonkeyPatch, call: int) -> Any:
    """Let the cross-encoder die at its n-th call (from 0), and give back what mends it."""
    calls = 0
    original = CrossEncoderReranker.score_pairs

    def dying(self: CrossEncoderReranker, pairs: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > call:
            raise Killed
        return original(self, pairs)

    monkeypatch.setattr(CrossEncoderReranker, "score_pairs", dying)
    return lambda: monkeypatch.setattr(CrossEncoderReranker, "score_pairs", original)


def parts(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.glob("*.parquet")}


@pytest.fixture
def small(config: ScoreTeacherConfig) -> ScoreTeacherConfig:
    return replace(config, part_pairs=4)


def interrupted(config: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch, call: int) -> Path:
    mend = kill_at(monkeypatch, call)
    with pytest.raises(Killed):
        score_teacher(config)
    mend()
    assert not config.output.exists()
    return config.output.with_name(f"{config.output.name}.partial")


def test_the_same_command_goes_on_to_the_same_bytes(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(small, output=small.output.with_name("whole"))
    score_teacher(whole)
    partial = interrupted(small, monkeypatch, 2)
    assert len(parts(partial)) == 2
    report = score_teacher(small)
    assert report.resumed == 8
    assert parts(small.output) == parts(whole.output)
    assert not partial.exists()
    contents = [open_score_store(c.output).manifest.properties["contents"] for c in (small, whole)]
    assert contents[0] == contents[1]


def test_vectors_are_the_same_after_a_resumption(
    settings: dict[str, Any], tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that an earlier part needed must still be encoded in the same batches."""
    monkeypatch.setattr("arir.score_teacher.scorers.CHUNK", 4)
    config = ScoreTeacherConfig(teacher=str(tiny_bi_encoder), part_pairs=2, **settings)
    whole = replace(config, output=config.output.with_name("whole"))
    score_teacher(whole)
    original, calls = BiEncoder.encode_passages, 0

    def dying(self: BiEncoder, texts: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Killed
        return original(self, texts)

    monkeypatch.setattr(BiEncoder, "encode_passages", dying)
    with pytest.raises(Killed):
        score_teacher(config)
    monkeypatch.setattr(BiEncoder, "encode_passages", original)
    assert 0 < score_teacher(config).resumed < 15
    assert parts(config.output) == parts(whole.output)


def test_a_process_killed_outright_loses_only_its_last_part(
    small: ScoreTeacherConfig, tmp_path: Path
) -> None:
    """SIGKILL leaves no time to tidy up."""
    whole = replace(small, output=small.output.with_name("whole"))
    score_teacher(whole)
    code = f"""
import time
from arir.models.cross_encoder.reranker import CrossEncoderReranker
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.service import score_teacher
original, calls = CrossEncoderReranker.score_pairs, []
def slow(self, pairs):
    calls.append(1)
    if len(calls) == 3:
        open({str(tmp_path / "here")!r}, "w").close()
        time.sleep(600)
    return original(self, pairs)
CrossEncoderReranker.score_pairs = slow
score_teacher(ScoreTeacherConfig(teacher={small.teacher!r}, topics={str(small.topics[0])!r},
    corpus={str(small.corpus)!r}, run={str(small.run[0])!r}, output={str(small.output)!r},
    device="cpu", part_pairs=4))
"""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        deadline = time.monotonic() + 120
        while not (tmp_path / "here").exists():
            assert process.poll() is None, "the process ended by itself"
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not small.output.exists()
    assert score_teacher(small).resumed == 8
    assert parts(small.output) == parts(whole.output)


def test_a_damaged_part_is_scored_again(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = replace(small, output=small.output.with_name("whole"))
    score_teacher(whole)
    partial = interrupted(small, monkeypatch, 3)
    (partial / "part-00001.parquet").write_bytes(b"")
    assert score_teacher(small).resumed == 8
    assert parts(small.output) == parts(whole.output)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"depth": 4}, "depth was 50 and is 4"),
        ({"part_pairs": 3}, "part-pairs was 4 and is 3"),
        ({"with_title": True, "query_language": "en"}, "query-language was None and is en"),
    ],
)
def test_other_settings_are_refused_and_named(
    small: ScoreTeacherConfig,
    monkeypatch: pytest.MonkeyPatch,
    values: dict[str, Any],
    message: str,
) -> None:
    partial = interrupted(small, monkeypatch, 1)
    with pytest.raises(ConfigError, match=message):
        score_teacher(replace(small, **values))
    assert len(parts(partial)) == 1


def test_other_files_and_another_teacher_are_refused_and_named(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch, tiny_bi_encoder: Path
) -> None:
    interrupted(small, monkeypatch, 1)
    with pytest.raises(ConfigError, match="here: teacher is another; give the same settings"):
        score_teacher(replace(small, teacher=str(tiny_bi_encoder)))
    small.topics[0].write_text(small.topics[0].read_text() + "new\tx\n")
    with pytest.raises(ConfigError, match="here: topics is another; give the same settings"):
        score_teacher(small)


def test_files_that_only_moved_are_the_same(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(small, monkeypatch, 1)
    moved = small.topics[0].rename(small.topics[0].with_name("moved.tsv"))
    assert score_teacher(replace(small, topics=(moved,))).resumed == 4


def test_overwrite_begins_anew(small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupted(small, monkeypatch, 1)
    report = score_teacher(replace(small, depth=2, overwrite=True))
    assert (report.resumed, report.summary.pairs) == (0, 6)


def test_a_failure_before_the_first_part_leaves_nothing(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not interrupted(small, monkeypatch, 0).exists()


def test_overwriting_keeps_the_old_store_until_the_new_one_stands(
    small: ScoreTeacherConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    score_teacher(small)
    again = replace(small, depth=3, overwrite=True)
    mend = kill_at(monkeypatch, 1)
    with pytest.raises(Killed):
        score_teacher(again)
    mend()
    assert len(open_score_store(small.output)) == 15
    assert score_teacher(again).resumed == 4
    assert len(open_score_store(small.output)) == 9


def test_two_processes_do_not_score_into_one_folder(small: ScoreTeacherConfig) -> None:
    from arir.score_teacher.job import partial_folder

    with (
        partial_folder(small.output, {}, discard=False),
        pytest.raises(OutputError, match="another process is scoring into it"),
    ):
        score_teacher(small)
