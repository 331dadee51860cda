"""The dev set measures what arir rerank and arir evaluate would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from arir import EvaluateConfig, RerankConfig, evaluate_runs, load_reranker, rerank_run
from arir.errors import ArirError, ConfigError, DataError
from arir.models.protocols import Candidate
from arir.train import train
from arir.train.dev import DevSet, load_dev_set
from tests.train.material import PASSAGES, TOPICS, settings

#: dev queries and what answers them; "p2" answers two
QRELS = {"1": {"p1": 1, "p2": 0}, "01": {"p2": 2, "p1": 1}, "q3": {"NA": 1}, "q4": {"p3": 1}}


def dev_files(folder: Path, **changes: Any) -> dict[str, Path]:
    """Topics, qrels and a run of all passages, the relevant ones last."""
    qrels = changes.get("qrels", QRELS)
    run = changes.get("run") or {query: sorted(PASSAGES, reverse=True) for query in TOPICS}
    topics = changes.get("topics", TOPICS)
    folder.mkdir(parents=True, exist_ok=True)
    names = {"topics": "dev.tsv", "qrels": "dev.qrels", "run": "dev.run"}
    paths = {role: folder / name for role, name in names.items()}
    paths["topics"].write_text("".join(f"{q}\t{t}\n" for q, t in topics.items()), "utf-8")
    judged = [f"{q} 0 {d} {g}\n" for q, grades in qrels.items() for d, g in grades.items()]
    paths["qrels"].write_text("".join(judged), "utf-8")
    hits = [f"{q} Q0 {d} {n} {-n} bm25\n" for q, ids in run.items() for n, d in enumerate(ids, 1)]
    paths["run"].write_text("".join(hits), "utf-8")
    return {f"dev_{name}": path for name, path in paths.items()}


FAMILIES = [
    {"student": "tiny_bi_encoder"},
    {"student": "tiny_cosine_encoder", "similarity": "cosine", "query_length": 7},
    {"student": "tiny_cross_encoder", "loss": "margin-mse", "pair_length": 24},
    {"student": "tiny_late_interaction", "passage_length": 20},
    {"profile": "lucene", "with_title": True},
]


@pytest.mark.parametrize(("measure", "depth"), [("RR@10", 4), ("nDCG@3", 2), ("NumRelRet", 5)])
@pytest.mark.parametrize("changes", FAMILIES)
def test_the_logged_measure_is_that_of_the_saved_student(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    changes: dict[str, Any],
    measure: str,
    depth: int,
) -> None:
    if "student" in changes:
        changes = {**changes, "student": str(request.getfixturevalue(changes["student"]))}
    files = dev_files(tmp_path)
    config = settings(
        tmp_path, **files, **changes, dev_depth=depth, dev_measure=measure, evaluate_every=2
    )
    report = train(config)
    reranked = rerank_run(
        RerankConfig(
            run=files["dev_run"],
            reranker=str(report.output),
            corpus=config.corpus,
            topics=files["dev_topics"],
            output=tmp_path / "reranked.trec",
            depth=depth,
            with_title=config.with_title,
        )
    )
    qrels = files["dev_qrels"]
    evaluated = evaluate_runs(EvaluateConfig(runs=(reranked.run,), qrels=qrels, measure=(measure,)))
    assert report.dev == evaluated.runs[0].aggregates[measure]
    assert report.dev > 0


class Longest:
    """Ranks long passages first."""

    name = profile = "longest"
    pairs = 0

    def rerank(self, query: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        self.pairs += len(candidates)
        scored = [c._replace(score=float(len(c.text))) for c in candidates]
        return sorted(scored, key=lambda c: -c.score)


def test_each_query_counts_once_and_one_without_hits_counts_zero(tmp_path: Path) -> None:
    run = {"1": ["p1", "p2"], "01": ["007", "p1"], "stranger": ["p1"]}
    dev = load(tmp_path, run=run, qrels={"1": {"p1": 1}, "01": {"p1": 1}, "q3": {"NA": 1}})
    # p2 is longer than p1, and p1 than 007.
    assert len(PASSAGES["p2"]) > len(PASSAGES["p1"]) > len(PASSAGES["007"])
    assert dev.measure(Longest(), "RR@10") == pytest.approx((1 / 2 + 1 + 0) / 3)


def test_the_best_hits_by_score_are_reranked_and_the_others_stay_behind(tmp_path: Path) -> None:
    """The run's lines are in no order; of its three hits the last two are the best."""
    files = dev_files(tmp_path, qrels={"1": {"p1": 1, "007": 1}})
    lines = ["1 Q0 p2 3 1.0 x\n", "1 Q0 p1 1 9.0 x\n", "1 Q0 007 2 8.0 x\n"]
    files["dev_run"].write_text("".join(lines), encoding="utf-8")
    dev = load_dev_set(settings(tmp_path, **files, dev_depth=2))
    assert dev is not None
    reranker = Longest()
    assert dev.measure(reranker, "P@2") == 1
    assert dev.measure(reranker, "NumRet") == 3
    assert reranker.pairs == 4
    assert set(dev.passages) == {"p1", "007"}


def load(folder: Path, **changes: Any) -> DevSet:
    settled = {key: changes.pop(key) for key in ("dev_depth", "dev_corpus") if key in changes}
    dev = load_dev_set(settings(folder, **dev_files(folder, **changes), **settled))
    assert dev is not None
    return dev


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"run": {"x": ["p1"]}}, "dev.run: the dev run, topics and qrels share no query; give"),
        ({"topics": {"x": "نهر"}}, "share no query"),
        ({"run": {"1": ["p1", "p9"]}}, "corpus.jsonl: the run's passages p9 are not there"),
        ({"qrels": {"1": {"p1": 0}}}, "no candidate of a dev query is relevant"),
        ({"qrels": {"1": {"p1": 1}}, "dev_depth": 1}, "or raise --dev-depth"),
    ],
)
def test_a_dev_set_that_measures_nothing_is_refused(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(DataError) as caught:
        load(tmp_path, **changes)
    assert message in str(caught.value)


def test_a_passage_below_the_depth_needs_no_text(tmp_path: Path) -> None:
    dev = load(tmp_path, run={"1": ["p1", "p9"]}, dev_depth=1)
    assert dev.candidates == {"1": ["p1", "p9"]}


def test_the_dev_collection_may_be_another_one(tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_text('{"id": "p1", "contents": "شيء آخر"}\n', encoding="utf-8")
    assert load(tmp_path, run={"1": ["p1"]}, dev_corpus=other).passages == {"p1": "شيء آخر"}


@pytest.mark.parametrize("key", ["dev_topics", "dev_qrels", "dev_run", "dev_corpus"])
def test_a_missing_dev_file_is_found_before_training(tmp_path: Path, key: str) -> None:
    files = {**dev_files(tmp_path), key: tmp_path / "gone"}
    with pytest.raises(DataError, match="gone"):
        train(settings(tmp_path, **files))


def test_broken_dev_files_are_named_by_line(tmp_path: Path) -> None:
    files = dev_files(tmp_path)
    files["dev_qrels"].write_text("1 0 p1 1\n1 0 p2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"dev\.qrels:2: "):
        load_dev_set(settings(tmp_path, **files))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dev_qrels": None}, "a dev set also needs dev-qrels"),
        ({"dev_qrels": None, "dev_run": None}, "a dev set also needs dev-qrels and dev-run"),
        ({"dev_measure": "RRR@10"}, "RRR"),
        ({"dev_depth": 0}, "dev_depth"),
    ],
)
def test_contradictory_dev_settings_are_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(ArirError, match=message):
        settings(tmp_path, **{**dev_files(tmp_path), **changes})


def test_patience_without_a_dev_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="patience needs a dev set"):
        settings(tmp_path, patience=2)


def test_held_out_queries_serve_as_dev_set(tmp_path: Path) -> None:
    """The passages that the teacher file pairs them with are the candidates."""
    held_out = tmp_path / "held_out.txt"
    held_out.write_text("1\nq4\n", encoding="utf-8")
    config = settings(tmp_path, held_out=str(held_out), held_out_dev=True, evaluate_every=1)
    report = train(config)
    run = {"1": ["p2", "NA", "p1"], "q4": ["p3", "NA", "007"]}
    qrels = {"1": {"p1": 1}, "q4": {"007": 1}}
    dev = load(tmp_path / "same", run=run, qrels=qrels)
    saved = load_reranker(report.output, device="cpu")
    assert report.dev == dev.measure(saved, "RR@10")
    log = (report.output / "training/log.jsonl").read_text().splitlines()
    measured = [json.loads(line)["dev"] for line in log]
    assert len(measured) == 3
    assert max(measured) == report.dev
    assert report.rows == 4


def test_the_log_the_report_and_the_card_hold_the_best_measure(tmp_path: Path) -> None:
    config = settings(tmp_path, **dev_files(tmp_path), steps=5, evaluate_every=2)
    report = train(config)
    log = (report.output / "training/log.jsonl").read_text().splitlines()
    measured = {entry["step"]: entry["dev"] for entry in map(json.loads, log) if "dev" in entry}
    assert list(measured) == [2, 4, 5]
    assert report.dev == max(measured.values())
    manifest = json.loads((report.output / "manifest.json").read_text())
    assert manifest["properties"]["training"]["dev"] == report.dev
    for role in ("dev_topics", "dev_qrels", "dev_run"):
        assert role in manifest["inputs"]
