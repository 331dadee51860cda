"""arir evaluate as a function: qrels found, topics named, per-query values written."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pyarrow import parquet

from arir.artefacts import Provenance, write_provenance
from arir.errors import ConfigError, DataError, EvaluationError, OutputError
from arir.evaluate import EvaluateConfig, evaluate

Write = Callable[[str, str], Path]

QRELS = "q1 0 a 1\nq1 0 b 0\nq2 0 a 2\nq3 0 a 0\nq3 0 c -1\n"
GOOD = "q1 Q0 a 1 3 good\nq1 Q0 b 2 2 good\nq2 Q0 c 1 3 good\nq2 Q0 a 2 2 good\nq3 Q0 a 1 1 good\n"
POOR = "#comment\nq1 Q0 b 1 2 poor\nq1 Q0 a 2 3 poor\nq9 Q0 a 1 1 poor\n"


@pytest.fixture
def files(write: Write) -> tuple[Path, Path, Path]:
    return write("good.trec", GOOD), write("poor.trec", POOR), write("qrels.txt", QRELS)


def test_runs_are_measured_over_all_judged_topics(files: tuple[Path, Path, Path]) -> None:
    good, poor, qrels = files
    report = evaluate(EvaluateConfig(runs=(good, poor), qrels=qrels, measure=("RR", "NumRet")))
    assert [run.name for run in report.runs] == ["good", "poor"]
    assert [run.tag for run in report.runs] == ["good", "poor"]
    assert report.runs[0].aggregates == {"RR": 0.5, "NumRet": 5.0}
    assert report.runs[1].aggregates == {"RR": 1 / 3, "NumRet": 2.0}
    assert report.runs[1].measured.missing == ("q2", "q3")


def test_what_a_reader_must_know_is_said(files: tuple[Path, Path, Path]) -> None:
    good, poor, qrels = files
    report = evaluate(EvaluateConfig(runs=(good, poor), qrels=qrels))
    assert report.notes == (
        f"{qrels} has 1 of 3 topics without a relevant passage, which count 0 for every run: q3",
        f"{qrels} has 1 grade below 0, read as pooled but not judged, as trec_eval has it",
        "poor lacks 2 of 3 judged topics, which count 0: q2, q3",
        "poor has 1 topic without judgments, left out: q9",
        f"poor: the score rises from one line to the next in 1 topic, first at {poor}:3; "
        "ranks are by score, as trec_eval has it",
    )


def test_many_topics_are_named_in_part(write: Write) -> None:
    qrels = write("qrels.txt", "".join(f"q{n} 0 a 1\n" for n in range(9)))
    report = evaluate(EvaluateConfig(runs=(write("r.trec", "q0 Q0 a 1 1 t\n"),), qrels=qrels))
    assert report.notes[0].endswith(
        "lacks 8 of 9 judged topics, which count 0: q1, q2, q3, q4, q5 and 3 more"
    )


def test_the_qrels_of_the_side_file_are_found(files: tuple[Path, Path, Path]) -> None:
    good, poor, qrels = files
    write_provenance(good, Provenance(tag="good", method={}, inputs={"qrels": qrels}))
    report = evaluate(EvaluateConfig(runs=(good,)))
    assert report.runs[0].qrels.samefile(qrels)
    with pytest.raises(EvaluationError, match=r"poor\.trec: no qrels are known .* --qrels FILE"):
        evaluate(EvaluateConfig(runs=(good, poor)))


def test_faults_name_the_file(files: tuple[Path, Path, Path], write: Write) -> None:
    good, _, qrels = files
    foreign = write("foreign.trec", "x Q0 a 1 1 t\n")
    with pytest.raises(EvaluationError, match=r"foreign\.trec: .*share no topic.*qrels\.txt"):
        evaluate(EvaluateConfig(runs=(foreign,), qrels=qrels))
    high = write("high.txt", "q1 0 a 7\n")
    with pytest.raises(EvaluationError, match=r"good\.trec: ERR is defined .*high\.txt"):
        evaluate(EvaluateConfig(runs=(good,), qrels=high, measure=("ERR@20",)))
    with pytest.raises(DataError, match=r"bad\.trec:1: score 'x'"):
        evaluate(EvaluateConfig(runs=(write("bad.trec", "q1 Q0 a 1 x t\n"),), qrels=qrels))


def test_settings_are_checked_at_once(tmp_path: Path) -> None:
    run = tmp_path / "a.trec"
    with pytest.raises(ConfigError, match="at least 1 run must be given"):
        EvaluateConfig(runs=())
    with pytest.raises(ConfigError, match=r"a\.trec is given twice; name each run once"):
        EvaluateConfig(runs=(run, tmp_path / "." / "a.trec"))
    with pytest.raises(ConfigError, match=r"'ndcg_10'.*did you mean nDCG@10"):
        EvaluateConfig(runs=(run,), measure=("ndcg_10",))
    with pytest.raises(ConfigError, match=r"values\.csv must end in \.tsv, \.jsonl, \.parquet"):
        EvaluateConfig(runs=(run,), per_query=tmp_path / "values.csv")


@pytest.mark.parametrize("suffix", [".tsv", ".jsonl", ".parquet"])
def test_per_query_values_come_back_in_full_precision(
    files: tuple[Path, Path, Path], tmp_path: Path, suffix: str
) -> None:
    good, poor, qrels = files
    path = tmp_path / "out" / f"values{suffix}"
    measure = ("RR", "nDCG@10")
    report = evaluate(
        EvaluateConfig(runs=(good, poor), qrels=qrels, measure=measure, per_query=path)
    )
    expected = [
        {"run": run.name, "topic": topic}
        | {name: values[at] for name, values in run.measured.values.items()}
        | {"missing": topic in run.measured.missing}
        for run in report.runs
        for at, topic in enumerate(run.measured.topic_ids)
    ]
    assert read_rows(path) == expected


def read_rows(path: Path) -> list[dict[str, object]]:
    if path.suffix == ".parquet":
        rows: list[dict[str, object]] = parquet.read_table(path).to_pylist()
        return rows
    lines = path.read_text(encoding="utf-8").splitlines()
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in lines]
    kinds = {"run": str, "topic": str, "missing": lambda text: {"true": True, "false": False}[text]}
    names = lines[0].split("\t")
    return [
        {
            name: kinds.get(name, float)(text)
            for name, text in zip(names, line.split("\t"), strict=True)
        }
        for line in lines[1:]
    ]


def test_a_per_query_file_that_cannot_be_written_stops_at_once(
    files: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    good, _, qrels = files
    (tmp_path / "values.tsv").mkdir()
    with pytest.raises(OutputError, match=r"values\.tsv: is a folder"):
        evaluate(EvaluateConfig(runs=(good,), qrels=qrels, per_query=tmp_path / "values.tsv"))
