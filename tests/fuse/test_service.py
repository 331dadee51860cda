"""arir fuse as a function: files in, a run and its provenance out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts import Provenance, find_qrels, read_provenance, write_provenance
from arir.data.runs import read_run
from arir.errors import ConfigError, EvaluationError, OutputError
from arir.fuse.config import FuseConfig
from arir.fuse.service import fuse_runs

Write = Callable[[str, str], Path]


@pytest.fixture
def runs(write: Write) -> tuple[Path, Path]:
    bm25 = "".join(f"q{t} Q0 d{n} {n} {9 - n} bm25\n" for t in range(6) for n in range(1, 5))
    dense = "".join(f"q{t} Q0 d{n} {n} 0.{9 - n} kd\n" for t in range(5) for n in range(3, 7))
    return write("bm25.trec", bm25), write("kd.trec", dense)


@pytest.fixture
def qrels(write: Write) -> Path:
    return write("qrels.txt", "".join(f"q{t} 0 d{3 + t % 2} 1\n" for t in range(6)))


def test_a_fused_run_says_how_it_came_about(
    runs: tuple[Path, Path], qrels: Path, tmp_path: Path
) -> None:
    for run in runs:
        write_provenance(run, Provenance(tag=run.stem, method={}, inputs={"qrels": qrels}))
    output = tmp_path / "out" / "rrf.trec"
    report = fuse_runs(FuseConfig(runs=runs, output=output, k=10, weight=(1, 2)))
    assert (report.topics, report.hits, report.run) == (6, 34, output)
    assert report.notes == (f"{runs[1]} lacks 1 of 6 topics, fused from the others: q5",)
    run = read_run(output)
    assert run.tag == "rrf"
    assert dict(run.hits(0))["d3"] == pytest.approx(1 / 13 + 2 / 11)
    groups = read_provenance(output)
    assert groups is not None
    step = groups["method"]["fusion"][0]
    assert step == {
        "name": "rrf",
        "runs": ["bm25", "kd"],
        "depth": 1000,
        "hits": 1000,
        "k": 10.0,
        "weights": [1.0, 2.0],
    }
    assert list(groups["data"]["test collection"]) == ["run 1", "run 2", "qrels"]
    assert find_qrels(output) is not None


def test_runs_of_different_qrels_give_a_run_of_none(
    runs: tuple[Path, Path], qrels: Path, write: Write, tmp_path: Path
) -> None:
    other = write("other.txt", "q1 0 d1 1\n")
    for run, judged in zip(runs, (qrels, other), strict=True):
        write_provenance(run, Provenance(tag=run.stem, method={}, inputs={"qrels": judged}))
    report = fuse_runs(FuseConfig(runs=runs, output=tmp_path / "f.trec"))
    assert report.qrels is None
    assert "the runs name different qrels, so the fused run names none" in report.notes
    given = fuse_runs(FuseConfig(runs=runs, output=tmp_path / "f.trec", qrels=other))
    assert given.qrels == other
    other.write_text("q1 0 d1 0\n")
    report = fuse_runs(FuseConfig(runs=runs, output=tmp_path / "f.trec"))
    assert any("have changed since" in note for note in report.notes)


def test_raw_scores_below_zero_are_remarked(
    runs: tuple[Path, Path], write: Write, tmp_path: Path
) -> None:
    logits = write("logits.trec", "q1 Q0 d1 1 -3 t\n")
    config = FuseConfig(
        runs=(runs[0], logits), output=tmp_path / "f.trec", method="combsum", normalise="none"
    )
    assert any("logits.trec has scores below 0" in note for note in fuse_runs(config).notes)


def test_scores_that_rise_with_rank_are_remarked(
    runs: tuple[Path, Path], write: Write, tmp_path: Path
) -> None:
    rising = write("rising.trec", "q1 Q0 d1 1 3 t\nq1 Q0 d2 2 4 t\n")
    report = fuse_runs(FuseConfig(runs=(runs[0], rising), output=tmp_path / "f.trec"))
    assert any(f"first at {rising}:2; ranks are by score" in note for note in report.notes)
    assert not any(str(runs[0]) in note for note in report.notes)


def test_cross_validated_weights_are_recorded_with_their_seed(
    runs: tuple[Path, Path], qrels: Path, tmp_path: Path
) -> None:
    config = FuseConfig(
        runs=runs, output=tmp_path / "f.trec", method="interpolation", qrels=qrels,
        tune="RR@10", folds=3, step=0.5, seed=7,
    )  # fmt: skip
    report = fuse_runs(config)
    assert report.tuning is not None
    assert len(report.tuning.folds) == 3
    groups = read_provenance(tmp_path / "f.trec")
    assert groups is not None
    assert groups["method"]["seed"] == 7
    step = groups["method"]["fusion"][0]
    assert step["normalisation"] == "min-max"
    assert "weights" not in step
    assert step["tuning"]["measure"] == "RR@10"
    assert step["tuning"]["value"] == report.tuning.value
    assert [fold["topics"] for fold in step["tuning"]["folds"]] == [2, 2, 2]
    again = fuse_runs(FuseConfig(**{**vars_of(config), "output": tmp_path / "g.trec"}))
    assert again.tuning == report.tuning
    with pytest.raises(EvaluationError, match=r"nothing to tune on: no qrels .* --qrels"):
        fuse_runs(FuseConfig(**{**vars_of(config), "qrels": None}))


def vars_of(config: FuseConfig) -> dict[str, Any]:
    return {name: getattr(config, name) for name in config.__dataclass_fields__}


def test_weights_are_tuned_on_runs_of_other_topics(
    runs: tuple[Path, Path], qrels: Path, write: Write, tmp_path: Path
) -> None:
    texts = [run.read_text().replace("q", "train") for run in runs]
    tune_run = tuple(write(f"train{n}.trec", text) for n, text in enumerate(texts))
    tune_qrels = write("train.txt", qrels.read_text().replace("q", "train"))
    report = fuse_runs(
        FuseConfig(
            runs=runs,
            output=tmp_path / "f.trec",
            method="rrf",
            qrels=qrels,
            tune="nDCG@10",
            tune_run=tune_run,
            tune_qrels=tune_qrels,
        )
    )
    assert report.tuning is not None
    assert (len(report.tuning.folds), report.topics) == (1, 6)
    assert report.tuning.value == report.tuning.folds[0].tuned_value
    groups = read_provenance(tmp_path / "f.trec")
    assert groups is not None
    inputs = groups["data"]["test collection"]
    assert {"tuning run 1", "tuning run 2", "tuning qrels", "qrels"} <= set(inputs)
    assert groups["method"]["seed"] is None


def test_the_same_content_under_two_names_is_refused(
    runs: tuple[Path, Path], write: Write, tmp_path: Path
) -> None:
    copy = write("copy.trec", runs[0].read_text().replace("bm25", "copy"))
    with pytest.raises(
        EvaluationError, match=r"copy\.trec: .*same hits and scores as .*bm25\.trec"
    ):
        fuse_runs(FuseConfig(runs=(runs[0], copy), output=tmp_path / "f.trec"))
    foreign = write("foreign.trec", "x1 Q0 d1 1 1 t\n")
    with pytest.raises(EvaluationError, match=r"foreign\.trec: .*no topic with the others: it has"):
        fuse_runs(FuseConfig(runs=(*runs, foreign), output=tmp_path / "f.trec"))
    assert not (tmp_path / "f.trec").exists()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"runs": ("a",)}, "at least 2 runs must be given"),
        ({"runs": ("a", "./a")}, "the run a is given twice"),
        ({"output": "b"}, "output b is one of the runs to fuse"),
        ({"output": "f.gz"}, "output must not end in .gz"),
        ({"tag": "two words"}, "tag must be one word"),
        ({"normalise": "rank"}, "rrf reads ranks alone; leave normalise out"),
        ({"method": "combsum", "k": 10}, "k belongs to rrf, not to combsum"),
        ({"method": "combmax", "weight": (1, 2)}, "combmax knows no weights; these do: rrf, inter"),
        ({"method": "combmax", "tune": "AP"}, "combmax knows no weights"),
        ({"weight": (1, 2, 3)}, "3 weights for 2 runs; give one for each run"),
        ({"weight": (1, -1)}, "weights must be 0 or more"),
        ({"weight": (0, 0)}, "weights must be 0 or more, and one of them more"),
        ({"weight": (1, float("nan"))}, "weights must be 0 or more"),
        ({"tune_qrels": "q"}, "tune_qrels and tune_run need tune"),
        ({"tune": "AP", "weight": (1, 1)}, "weight and tune exclude each other"),
        ({"tune": "AP", "tune_run": ("x", "y")}, "tune_run needs tune_qrels"),
        ({"tune": "AP", "tune_run": ("x",), "tune_qrels": "q"}, "1 tune_run for 2 runs"),
        ({"tune": "ndcg@10"}, r"did you mean nDCG@10\?"),
        ({"tune": "NumRet"}, "tune must not name a count, as NumRet is"),
        ({"tune": "AP", "step": 0.3}, "step must divide 1, as 0.1 or 0.05 do, not 0.3"),
        ({"tune": "AP", "runs": tuple("abcdef"), "step": 0.05}, "the grid has 53,130 weights"),
        ({"method": "rff"}, "method: "),
        ({"hits": 0}, "hits: "),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], fault: str
) -> None:
    values = {"runs": ("a", "b"), "output": "f.trec"} | settings
    with pytest.raises(ConfigError, match=fault):
        FuseConfig(**values)


def test_an_output_that_cannot_be_written_stops_at_once(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        fuse_runs(FuseConfig(runs=runs, output=tmp_path))
