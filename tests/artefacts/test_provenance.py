"""A run's side file says how it came about and leads to its qrels, even after a move."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.artefacts import Provenance, find_qrels, read_provenance, write_provenance
from arir.artefacts.provenance import provenance_path
from arir.errors import DataError

Write = Callable[[str, str], Path]


@pytest.fixture
def run(write: Write, tmp_path: Path) -> Path:
    run = write("work/runs/bm25.trec", "q1 Q0 d1 1 2.0 bm25\n")
    qrels = write("work/qrels/sample.txt", "q1 0 d1 1\n")
    topics = write("work/topics.tsv", "q1\tسؤال\n")
    method = {"retrieval": [{"name": "bm25", "k1": 0.9, "b": 0.4}]}
    inputs = {"topics": topics, "qrels": qrels, "index": tmp_path}
    write_provenance(run, Provenance("bm25", method, inputs, seed=7, seconds=0.5))
    return run


def test_the_side_file_holds_method_versions_and_hashes(run: Path) -> None:
    groups = read_provenance(run) or {}
    assert groups["tag"] == "bm25"
    assert groups["method"]["retrieval"][0]["k1"] == 0.9
    assert groups["method"]["seed"] == 7
    assert groups["implementation"]["libraries"]["arir"]
    assert len(groups["data"]["test collection"]["topics"]["sha256"]) == 64
    assert "sha256" not in groups["data"]["test collection"]["index"]


def test_qrels_are_found_where_they_were(run: Path) -> None:
    found = find_qrels(run)
    assert found is not None
    assert found.read_text() == "q1 0 d1 1\n"


def test_runs_and_qrels_may_move_together(run: Path, tmp_path: Path) -> None:
    shutil.move(tmp_path / "work", tmp_path / "elsewhere")
    assert find_qrels(tmp_path / "elsewhere" / "runs" / "bm25.trec") is not None


def test_renamed_qrels_are_found_by_content(run: Path) -> None:
    folder = run.parent.parent / "qrels"
    (folder / "other.txt").write_text("q9 0 d9 1\n")
    (folder / "sample.txt").rename(folder / "renamed.txt")
    found = find_qrels(run)
    assert found is not None
    assert found.name == "renamed.txt"


def test_changed_qrels_are_refused_not_used(run: Path) -> None:
    (run.parent.parent / "qrels" / "sample.txt").write_text("q1 0 d2 1\n")
    with pytest.raises(DataError, match="have changed since"):
        find_qrels(run)


def test_a_run_without_side_file_names_no_qrels(run: Path) -> None:
    provenance_path(run).unlink()
    assert find_qrels(run) is None


@pytest.mark.parametrize("text", ["a: [", "just words"])
def test_a_damaged_side_file_is_a_data_error(run: Path, text: str) -> None:
    provenance_path(run).write_text(text)
    with pytest.raises(DataError, match="damaged provenance"):
        read_provenance(run)
