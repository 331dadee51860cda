"""The scripts of bin/ that prepare data: what they write is what `arir train` reads."""

from __future__ import annotations

import importlib.util
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from arir.data.score_store import write_scores
from arir.data.teacher import Teacher, read_teacher
from arir.data.teacher_scores import read_teacher_scores
from arir.data.topics import read_topics

BIN = Path(__file__).parent.parent / "bin"


def script(name: str) -> ModuleType:
    loader = SourceFileLoader(name.replace("-", "_"), str(BIN / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def run(monkeypatch: pytest.MonkeyPatch, name: str, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", [name, *map(str, words)])
    script(name).main()


def test_every_relevant_passage_meets_every_other_one_with_its_own_scores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lists = [("q1", [("a", 2.5), ("b", -1.0), ("c", 3.0)]), ("q2", [("a", 1.0), ("d", 0.5)])]
    write_scores(tmp_path / "scores", lists, Teacher(name="teacher", scale="logit"))
    qrels = tmp_path / "qrels.txt"
    qrels.write_text("q1 0 a 1\nq1 0 b 1\nq1 0 c 0\nq2 0 x 1\n")
    run(monkeypatch, "teacher-rows", tmp_path / "scores", qrels, tmp_path / "rows.tsv")
    rows = (tmp_path / "rows.tsv").read_text().splitlines()
    assert rows == ["2.5\t3\tq1\ta\tc", "-1\t3\tq1\tb\tc"]
    assert len(read_teacher_scores(tmp_path / "rows.tsv")) == 2
    assert read_teacher(tmp_path / "rows.tsv").name == "teacher"


def test_no_relevant_passage_serves_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    topics, qrels = tmp_path / "topics.tsv", tmp_path / "qrels.txt"
    topics.write_text("".join(f"q{n}\tquestion {n}\n" for n in range(40)))
    # Neighbours share a passage in groups of four.
    shared = [(f"q{n}", f"p{n // 2}") for n in range(40)]
    shared += [(f"q{n}", f"s{n // 4}") for n in range(40)]
    qrels.write_text("".join(f"{query} 0 {docid} 1\n" for query, docid in shared))
    run(monkeypatch, "hold-out", topics, qrels, 6, tmp_path / "split")
    sides = [read_topics(tmp_path / "split" / f"topics.{side}.tsv") for side in ("train", "dev")]
    held = {int(name[1:]) // 4 for name in sides[1]}
    assert len(sides[1]) == 8
    assert len(sides[0]) == 32
    assert not held & {int(name[1:]) // 4 for name in sides[0]}
    run(monkeypatch, "hold-out", topics, qrels, 6, tmp_path / "again")
    assert read_topics(tmp_path / "again" / "topics.dev.tsv") == sides[1]
