"""Runs become systems: names, collections, and the facts that warnings rest on."""

from __future__ import annotations

from pathlib import Path

from arir.compare.systems import read_systems, ties_at
from arir.data.runs import Run
from arir.evaluate import parse_measures
from tests.compare.runs import random_ranks, record, write_qrels, write_run

MEASURES = parse_measures(["RR", "P@5"])


def test_copies_of_the_same_qrels_are_one_collection(tmp_path: Path) -> None:
    runs = []
    for folder in ("one", "two"):
        qrels = write_qrels(tmp_path / folder, 3)
        run = write_run(tmp_path / folder / f"{folder}.trec", [1, 2, 3])
        record(run, qrels)
        runs.append(run)
    [judged] = read_systems(runs, None, MEASURES)
    assert [run.name for run in judged.runs] == ["one", "two"]


def test_runs_of_the_same_file_name_are_one_system_over_collections(tmp_path: Path) -> None:
    runs = []
    for language, topics in (("ar", 3), ("sw", 4)):
        qrels = write_qrels(tmp_path / language, topics, f"qrels.{language}.txt")
        run = write_run(tmp_path / language / "bm25.trec", random_ranks(topics, 1))
        record(run, qrels)
        runs.append(run)
    found = read_systems(runs, None, MEASURES)
    assert [(j.name, [run.name for run in j.runs]) for j in found] == [
        ("ar", ["bm25"]),
        ("sw", ["bm25"]),
    ]


def test_runs_of_the_same_tag_are_one_system_over_collections(tmp_path: Path) -> None:
    runs = []
    for language, topics in (("ar", 3), ("sw", 4)):
        qrels = write_qrels(tmp_path, topics, f"{language}.qrels")
        for system in ("bm25", "kd"):
            path = tmp_path / f"{system}.{language}.trec"
            run = write_run(path, random_ranks(topics, 1), tag=system)
            record(run, qrels)
            runs.append(run)
    found = read_systems(runs, None, MEASURES)
    assert [[run.name for run in judged.runs] for judged in found] == [["bm25", "kd"]] * 2


def test_collections_of_the_same_file_name_keep_their_paths(tmp_path: Path) -> None:
    runs = []
    for language, topics in (("ar", 3), ("sw", 4)):
        qrels = write_qrels(tmp_path / language, topics)
        run = write_run(tmp_path / language / "x.trec", random_ranks(topics, 1))
        record(run, qrels)
        runs.append(run)
    first, second = read_systems(runs, None, MEASURES)
    assert first.name.endswith("ar/qrels.txt")
    assert second.name.endswith("sw/qrels.txt")


def test_unjudged_share_leaves_missing_topics_out(tmp_path: Path) -> None:
    qrels = write_qrels(tmp_path, 2)
    run = write_run(tmp_path / "x.trec", [1, -1])
    [judged] = read_systems([run], qrels, MEASURES)
    assert judged.runs[0].unjudged_share == 0.9


def test_ties_are_seen_in_single_precision_and_out_of_order() -> None:
    """trec_eval reads scores as float: 0.1 and 0.10000000001 are tied for it."""
    rising = [("a", 0.1), ("b", 0.5), ("c", 0.10000000001)]
    run = Run.from_rankings({"q1": rising, "q2": [("a", 2.0), ("b", 1.0)]}, tag="t")
    assert ties_at(run, [1, 2, 3], {"q1", "q2"}) == {1: 0, 2: 1, 3: 0}
    assert ties_at(run, [2], {"q2"}) == {2: 0}
