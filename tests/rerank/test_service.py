"""``arir rerank`` as a function: it reads what it needs, and the run says where it comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts import Provenance, find_qrels, read_provenance, write_provenance
from arir.data.runs import Run, read_run, write_run
from arir.errors import ConfigError, DataError, ModelError, OutputError
from arir.models.loading import load_reranker
from arir.models.protocols import Candidate
from arir.rerank.config import RerankConfig
from arir.rerank.service import read_needed, rerank_run

Write = Callable[[str, str], Path]
TEXTS = {
    "007": "عاصمة مصر هي القاهرة",
    "NA": "نهر النيل أطول أنهار العالم",
    "c": "The Nile",
    "d": "x",
}


@pytest.fixture
def config(write: Write, tmp_path: Path, tiny_cross_encoder: Path) -> RerankConfig:
    records = [{"id": i, "contents": text, "title": f"t {i}"} for i, text in TEXTS.items()]
    corpus = write("data/corpus.jsonl", "\n".join(map(json.dumps, records)))
    topics = write("data/topics.tsv", "01\tما هي عاصمة مصر ؟\nq2\tالنيل\n")
    qrels = write("data/judged.txt", "01 0 007 1\n")
    run = tmp_path / "runs" / "first.trec"
    hits = {"01": [("c", 3.0), ("007", 2.0), ("NA", 1.0)], "q2": [("d", 1.0), ("c", 0.5)]}
    write_run(run, Run.from_rankings(hits, "first"))
    step = {"name": "bm25", "k1": 0.9}
    inputs = {"topics": topics, "qrels": qrels}
    write_provenance(run, Provenance("first", {"retrieval": [step]}, inputs, seed=3))
    return RerankConfig(
        run=run,
        reranker=str(tiny_cross_encoder),
        corpus=corpus,
        topics=topics,
        output=tmp_path / "runs" / "second.trec",
        device="cpu",
    )


def changed(config: RerankConfig, **values: Any) -> RerankConfig:
    return RerankConfig(**{**vars(config), **values})


def test_scores_are_those_of_the_reranker(config: RerankConfig) -> None:
    report = rerank_run(config)
    assert (report.topics, report.scored) == (2, 5)
    written = read_run(config.output)
    candidates = [Candidate(i, TEXTS[i], 0.0) for i in ("c", "007", "NA")]
    expected = load_reranker(config.reranker, device="cpu").rerank("ما هي عاصمة مصر ؟", candidates)
    found = written.hits(0)
    assert [hit.docid for hit in found] == [candidate.docid for candidate in expected]
    assert [hit.score for hit in found] == pytest.approx([c.score for c in expected], rel=1e-5)
    assert written.tag == "second"


def test_title_goes_in_when_asked_for(config: RerankConfig) -> None:
    rerank_run(config)
    without = read_run(config.output).scores
    rerank_run(changed(config, with_title=True))
    assert not (read_run(config.output).scores == without).all()


def test_qrels_and_method_of_the_source_are_carried_on(config: RerankConfig) -> None:
    report = rerank_run(config)
    assert report.qrels is not None
    assert find_qrels(config.output) == config.output.parent / "../data/judged.txt"
    groups = read_provenance(config.output)
    assert groups is not None
    assert groups["method"]["retrieval"] == [{"name": "bm25", "k1": 0.9}]
    assert groups["method"]["seed"] == 3
    step = groups["method"]["reranking"][0]
    assert (step["reranks"], step["depth"]) == ("first", 100)
    assert set(groups["data"]["test collection"]) == {"topics", "corpus", "run", "qrels"}


def test_a_reranked_run_can_be_reranked(config: RerankConfig) -> None:
    rerank_run(config)
    rerank_run(changed(config, run=config.output, output=config.output.with_name("third.trec")))
    groups = read_provenance(config.output.with_name("third.trec"))
    assert groups is not None
    assert [step["reranks"] for step in groups["method"]["reranking"]] == ["first", "second"]


def test_qrels_that_have_gone_are_a_note_not_a_failure(config: RerankConfig) -> None:
    config.topics.with_name("judged.txt").unlink()
    report = rerank_run(config)
    assert report.qrels is None
    assert "are gone" in report.notes[0]


def test_given_qrels_win(config: RerankConfig, write: Write) -> None:
    mine = write("mine.txt", "q2 0 d 1\n")
    assert rerank_run(changed(config, qrels=mine)).qrels == mine


def test_run_without_a_side_file_is_fine(config: RerankConfig) -> None:
    config.run.with_name("first.trec.meta.yaml").unlink()
    assert rerank_run(config).qrels is None


def test_topic_that_is_not_in_the_topics_is_named(config: RerankConfig) -> None:
    config.topics.write_text("q2\tالنيل\n")
    with pytest.raises(DataError, match=r"topics\.tsv: the run's topics 01 are not there"):
        rerank_run(config)
    assert not config.output.exists()


def test_passage_that_is_not_in_the_collection_is_named(config: RerankConfig) -> None:
    lines = config.corpus.read_text().splitlines()
    config.corpus.write_text("\n".join(line for line in lines if '"007"' not in line))
    with pytest.raises(DataError, match=r"corpus\.jsonl: the run's passages 007 are not there"):
        rerank_run(config)


def test_only_the_needed_passages_are_kept(config: RerankConfig) -> None:
    assert read_needed(config.corpus, {"NA"}) == {"NA": TEXTS["NA"]}
    assert read_needed(config.corpus, {"NA"}, True) == {"NA": f"t NA\n{TEXTS['NA']}"}


def test_unknown_reranker_is_told_with_the_nearest_names(config: RerankConfig) -> None:
    with pytest.raises(ModelError, match="did you mean kd-aradpr-ce"):
        rerank_run(changed(config, reranker="kd-aradrp-ce"))


def test_folder_as_output_is_refused_before_any_work(config: RerankConfig, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        rerank_run(changed(config, output=tmp_path, reranker="no such model"))


@pytest.mark.parametrize("values", [{"output": Path("x.gz")}, {"tag": "a b"}, {"depth": 0}])
def test_wrong_settings_are_refused(config: RerankConfig, values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        changed(config, **values)
