"""``arir mine`` from files to a file: counts, notes, provenance, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from arir.artefacts import sha256_of
from arir.cli.main import main
from arir.data.mined import MinedQuery, read_mined
from arir.data.score_store import write_scores
from arir.data.teacher import Teacher
from arir.errors import ConfigError, DataError, EvaluationError
from arir.mine.config import MineConfig
from arir.mine.service import mine_negatives

Write = Callable[[str, str], Path]

#: q1 has its positive among the hits, q2 has not, q3 has none, q4 has but one candidate
BM25 = {
    "q1": ["near", "p1", "a", "b"],
    "q2": ["a", "c"],
    "q3": ["a"],
    "q4": ["p4", "b"],
}
DENSE = {"q1": ["p1", "c", "near"], "q2": ["d", "a"]}
QRELS = "q1 0 p1 1\nq2 0 p2 2\nq2 0 d 0\nq3 0 a 0\nq4 0 p4 1\nlost 0 p1 1\n"


def trec(rankings: dict[str, list[str]]) -> str:
    lines = (
        f"{topic} Q0 {docid} {rank} {20 - rank} x"
        for topic, ranking in rankings.items()
        for rank, docid in enumerate(ranking, 1)
    )
    return "\n".join(lines) + "\n"


@pytest.fixture
def settings(write: Write, tmp_path: Path) -> Callable[..., MineConfig]:
    """Settings over two runs, with further values."""

    def make(**values: Any) -> MineConfig:
        given = {
            "runs": (write("bm25.trec", trec(BM25)), write("dense.trec", trec(DENSE))),
            "qrels": write("qrels.txt", QRELS),
            "output": tmp_path / "mined.jsonl",
        }
        return MineConfig(**{**given, **values})

    return make


def test_lists_are_written_with_positives_and_the_hardest_negatives(
    settings: Callable[..., MineConfig],
) -> None:
    config = settings(negatives=2)
    report = mine_negatives(config)
    assert list(read_mined(config.output)) == [
        MinedQuery("q1", ("p1",), ("near", "c")),
        MinedQuery("q2", ("p2",), ("a", "d")),
        MinedQuery("q4", ("p4",), ("b",)),
    ]
    counts = report.counts
    assert (counts.queries, counts.negatives, counts.queries_short) == (3, 5, 1)
    assert (counts.queries_without_positive, counts.queries_not_searched) == (1, 1)
    assert (counts.false_negatives, counts.queries_unchecked, counts.candidates_unchecked) == (
        0,
        0,
        0,
    )


def test_margins_on_the_runs_own_scores_are_taken_run_by_run(
    settings: Callable[..., MineConfig],
) -> None:
    config = settings(margin=0)
    counts = mine_negatives(config).counts
    first = next(read_mined(config.output))
    # "near" stands above p1 in one run and below it in the other.
    assert first == MinedQuery("q1", ("p1",), ("c", "a", "b"))
    assert (counts.false_negatives, counts.queries_unchecked) == (1, 1)
    assert counts.candidates_unchecked == 2


@pytest.mark.parametrize("form", ["store", "lines"])
def test_a_teacher_s_scores_guard_a_query_whose_positive_was_not_found(
    settings: Callable[..., MineConfig], write: Write, tmp_path: Path, form: str
) -> None:
    lists = [
        ("other", [("a", 3.0)]),
        ("q2", [("a", -1.9), ("p2", -2.0), ("c", -2.05), ("d", 7.0)]),
        ("q1", [("near", -6.0), ("p1", -3.0), ("a", -9.0), ("b", -2.9)]),
    ]
    path = tmp_path / "store"
    if form == "store":
        write_scores(path, lists, Teacher())
    else:
        path = write("scores.jsonl", "\n".join(json.dumps([q, *pairs]) for q, pairs in lists))
    config = settings(scores=path, relative_margin=0.05)
    counts = mine_negatives(config).counts
    found = {query.query: query.negatives for query in read_mined(config.output)}
    # d is judged not relevant, c scores within 5 % of the positive, which is below 0.
    assert found == {"q1": ("near", "c", "a"), "q2": ("d",), "q4": ("b",)}
    assert (counts.false_negatives, counts.queries_unchecked) == (3, 1)
    assert counts.candidates_unchecked == 2


def test_side_file_holds_settings_counts_seed_and_the_hash_of_every_input(
    settings: Callable[..., MineConfig],
) -> None:
    config = settings(sampling="random", seed=7)
    mine_negatives(config)
    facts = yaml.safe_load(config.output.with_name("mined.jsonl.meta.yaml").read_text())
    assert facts["kind"] == "mined-negatives"
    assert facts["seed"] == 7
    assert facts["sha256"] == sha256_of(config.output)
    expected = {"run 1": config.runs[0], "run 2": config.runs[1], "qrels": config.qrels}
    assert {role: entry["sha256"] for role, entry in facts["inputs"].items()} == {
        role: sha256_of(path) for role, path in expected.items()
    }
    assert facts["properties"]["settings"]["negatives"] == 8
    assert facts["properties"]["counts"]["queries"] == 3


def test_ranks_are_those_of_the_scores_not_of_the_lines(
    settings: Callable[..., MineConfig], write: Write
) -> None:
    run = write("odd.trec", "q1 Q0 low 1 1 x\nq1 Q0 tie-a 2 5 x\nq1 Q0 tie-b 3 5 x\n")
    config = settings(runs=(run,), depth=2)
    mine_negatives(config)
    assert next(read_mined(config.output)).negatives == ("tie-b", "tie-a")


@pytest.mark.parametrize(
    ("values", "qrels", "kind", "message"),
    [
        ({}, "zz 0 a 1\n", EvaluationError, "has no passage of grade 1 or more for any topic"),
        ({"relevant": 3}, QRELS, EvaluationError, "of grade 3 or more"),
        ({"margin": 50}, "q1 0 p1 1\n", DataError, "no candidate is left as a negative"),
        ({"margin": 1}, "q2 0 p2 1\n", DataError, "no positive of any query has a score"),
    ],
)
def test_inputs_that_leave_nothing_to_train_on_are_refused(
    settings: Callable[..., MineConfig],
    write: Write,
    values: dict[str, Any],
    qrels: str,
    kind: type[Exception],
    message: str,
) -> None:
    config = settings(**values, qrels=write("other.txt", qrels))
    with pytest.raises(kind, match=message):
        mine_negatives(config)
    assert not config.output.exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"runs": ()}, "at least 1 run"),
        ({"runs": ("a", "a")}, "given twice"),
        ({"skip_top": 100}, "skip_top 100 leaves no candidate at a depth of 100"),
        ({"scores": "s"}, "scores serve the margins alone"),
        ({"output": "o.jsonl.gz"}, r"must not end in \.gz"),
        ({"output": "q"}, "output q is one of the inputs"),
        ({"margin": float("nan")}, "margin"),
        ({"relative_margin": -0.1}, "relative_margin"),
        ({"negatives": 0}, "negatives"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(
    values: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        MineConfig(**{"runs": ("a",), "qrels": "q", "output": "o", **values})


def test_command_says_what_was_dropped_and_which_queries_came_off_badly(
    settings: Callable[..., MineConfig], capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings()
    words = [str(path) for path in config.runs]
    flags = ["--qrels", str(config.qrels), "--output", str(config.output), "--margin", "0"]
    with pytest.raises(SystemExit) as stopped:
        main(["mine", *words, *flags, "--negatives", "2"])
    assert stopped.value.code == 0
    said = capsys.readouterr()
    first, second = said.out.splitlines()
    assert first.startswith(f"{config.output}: 5 negatives for 3 queries (")
    assert second == "1 candidate dropped as false negatives"
    assert said.err.splitlines() == [
        "arir: note: 1 query with fewer than 2 negatives",
        "arir: note: 1 query with no positive in the qrels, and left out",
        "arir: note: 1 query with a positive, but no hits in the runs",
        "arir: note: 1 query with no score for a positive, so that no margin applies",
        "arir: note: 2 candidates kept without a check, as scores are missing",
    ]
