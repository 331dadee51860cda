"""Every selected pair comes once, the relevant first, and hits in the order that is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arir.data.runs import Run, write_run
from arir.errors import DataError
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.selectors import Selection, select_pairs

Write = Callable[[str, str], Path]


def listed(selection: Selection) -> dict[str, list[str]]:
    lists: dict[str, list[str]] = {}
    for query, passage in zip(selection.query, selection.passage, strict=True):
        name = selection.query_ids[query]
        lists.setdefault(name, []).append(selection.passage_ids[passage])
    names = [selection.query_ids[query] for query in selection.query]
    assert names == [name for name in lists for _ in lists[name]], "queries are scattered"
    return lists


@pytest.fixture
def base(config: ScoreTeacherConfig) -> ScoreTeacherConfig:
    return replace(config, run=(), qrels=Path("unused"))


def test_depth_cuts_by_score_not_by_line(base: ScoreTeacherConfig, tmp_path: Path) -> None:
    run = tmp_path / "r.trec"
    run.write_text("q Q0 a 1 1.0 t\nq Q0 b 2 3.0 t\nq Q0 c 3 1.0 t\nq Q0 d 4 2.0 t\n")
    selection = select_pairs(replace(base, qrels=None, run=(run,), depth=3))
    assert listed(selection) == {"q": ["b", "d", "c"]}


def test_runs_are_united_without_repetition(base: ScoreTeacherConfig, tmp_path: Path) -> None:
    first, second = tmp_path / "a.trec", tmp_path / "b.trec"
    write_run(first, Run.from_rankings({"1": [("x", 2.0), ("y", 1.0)], "2": [("z", 1.0)]}, "a"))
    write_run(second, Run.from_rankings({"2": [("x", 2.0)], "1": [("w", 2.0), ("y", 1.0)]}, "b"))
    selection = select_pairs(replace(base, qrels=None, run=(first, second)))
    assert listed(selection) == {"1": ["x", "y", "w"], "2": ["z", "x"]}


def test_relevant_passages_stand_before_hits(
    base: ScoreTeacherConfig, tmp_path: Path, write: Write
) -> None:
    run = tmp_path / "r.trec"
    write_run(run, Run.from_rankings({"1": [("x", 2.0), ("y", 1.0)]}, "a"))
    qrels = write("qrels.txt", "1 0 y 1\n1 0 no 0\n1 0 pool -1\n3 0 z 2\n")
    selection = select_pairs(replace(base, qrels=qrels, run=(run,)))
    assert listed(selection) == {"1": ["y", "x"], "3": ["z"]}


def test_pairs_of_teacher_rows_are_taken_whatever_their_scores(
    base: ScoreTeacherConfig, write: Write
) -> None:
    rows = write("rows.tsv", "1.0\t0.5\t1\ta\tb\n2.0\t0.5\t2\ta\tc\n1.0\t0.1\t1\ta\tc\n")
    selection = select_pairs(replace(base, qrels=None, teacher_rows=rows))
    assert listed(selection) == {"1": ["a", "b", "c"], "2": ["a", "c"]}


def test_qrels_without_a_relevant_passage_are_refused(
    base: ScoreTeacherConfig, write: Write
) -> None:
    with pytest.raises(DataError, match="no passage is judged relevant"):
        select_pairs(replace(base, qrels=write("qrels.txt", "1 0 y 0\n")))
