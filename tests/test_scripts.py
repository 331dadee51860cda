"""The scripts of bin/: what prepares data writes what `arir train` reads; what measures, tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arir.artefacts import read_provenance
from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import read_run
from arir.data.score_store import write_scores
from arir.data.teacher import Teacher, read_teacher
from arir.data.teacher_scores import read_teacher_scores
from arir.data.topics import read_topics
from arir.index.bm25 import build_bm25
from arir.index.bm25_config import IndexConfig
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import encode_corpus
from tests.script_data import put, run, script_output
from tests.tiny import SENTENCES, make_bi_encoder, make_cross_encoder, make_late_interaction


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


def test_no_article_of_the_test_collection_is_among_the_distractors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles = ("إسبانيا", "أمّ  كلثوم", "مصر")
    tested = [{"id": f"t{at}", "title": t, "contents": "a"} for at, t in enumerate(titles)]
    titles = ("اسبانيا", "ام كلثوم", "مصر القديمة", "")
    corpus = [{"id": f"c{at}#0", "title": t, "contents": "b"} for at, t in enumerate(titles)]
    output = tmp_path / "rest.jsonl"
    source = put(tmp_path / "corpus.jsonl.gz", corpus)
    run(monkeypatch, "leave-out-titles", source, put(tmp_path / "tested.jsonl", tested), output)
    assert [passage.title for passage in read_passages(output).values()] == ["مصر القديمة", ""]


PASSAGES = SENTENCES[:5]
QUESTIONS = [" ".join(sentence.split()[:4]) for sentence in PASSAGES]


def questions(folder: Path, prefix: str, passage: str) -> None:
    """Ten questions in turn on the passages, of which number n is called ``passage.format(n)``."""
    ids = [f"{prefix}{n}" for n in range(10)]
    put(folder / "topics.tsv", (f"{i}\t{QUESTIONS[n % 5]}" for n, i in enumerate(ids)))
    put(folder / "qrels.txt", (f"{i} 0 {passage.format(n % 5)} 1" for n, i in enumerate(ids)))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The shared data in small: two of ARCD's questions are its training part."""
    folder = tmp_path / "data"
    arcd, miracl = folder / "arcd", folder / "miracl-ar-lead-train"
    questions(arcd, "a", "arcd-{}")
    questions(miracl, "m", "{}")
    put(arcd / "split.tsv", (f"a{n}\t{'train' if n < 2 else 'test'}" for n in range(10)))
    passages = [{"title": f"إسبانيا {n}", "contents": text} for n, text in enumerate(PASSAGES)]
    put(arcd / "corpus.jsonl", [{"id": f"arcd-{n}", **p} for n, p in enumerate(passages)])
    put(miracl / "corpus.jsonl.gz", [{"id": f"{n}", **p} for n, p in enumerate(passages)])
    titles = ("اسبانيا 0", "عنوان", "إسبانيا 4", "عنوان آخر")
    articles = [{"id": f"{n}#0", "title": t, "contents": "نهر"} for n, t in enumerate(titles)]
    put(folder / "corpora/arwiki2017.jsonl.gz", articles)
    return folder


@pytest.fixture
def students(tmp_path: Path) -> Path:
    folder = tmp_path / "students"
    make_bi_encoder(folder / "kd-mini")
    make_cross_encoder(folder / "kd-mini-ce")
    make_cross_encoder(folder / "nokd-mini-ce", seed=4)
    make_late_interaction(folder / "kd-mini-li")
    return folder


def measured_already(output: Path) -> None:
    """Place runs that must not be made again: BM25's on dev, the students' on the union."""
    four = [(n, k) for n in range(10) for k in range(4)]
    rows = [f"m{n} Q0 {(n + k) % 5} {k + 1} {9 - k} bm25" for n, k in four]
    put(output / "runs/dev/bm25.trec", rows)
    for folder in ("dev/bm25", "arcd-wiki/kd-mini"):
        (output / "indexes" / folder).mkdir(parents=True)
    for at, name in enumerate(
        ("kd-mini", "rerank-kd", "rerank-nokd-2", "rerank-kd-2", "rerank-li")
    ):
        rows = [f"a{n} Q0 arcd-{(n + at) % 5} 1 {at} {name}" for n in range(2, 10)]
        put(output / f"runs/arcd-wiki/{name}.trec", rows)


def fusion_of(run: Path) -> tuple[str | None, list[int]]:
    """The judgments that a fused run was tuned on, if others; the topics of each of its folds."""
    groups = read_provenance(run)
    assert groups is not None
    judgments = groups["data"]["test collection"].get("tuning qrels", {}).get("path")
    folds = groups["method"]["fusion"][0]["tuning"]["folds"]
    return judgments, [fold["topics"] for fold in folds]


@pytest.fixture
def measured(
    tmp_path: Path, data: Path, students: Path, environment: dict[str, str]
) -> tuple[Path, str]:
    """What a whole measurement made, and what it printed."""
    output = tmp_path / "measured"
    measured_already(output)
    environment |= {"STUDENTS": str(students), "DEPTH_TWIN": "2", "COLLECTIONS": "arcd-wiki dev"}
    # Of late interaction only the reranking is measured.
    environment["SKIP"] = "kd-mini-li:arcd-wiki kd-mini-li:dev"
    parts = ("bm25", "dense", "rerank", "fuse")
    script_output(environment, "measure-students", data, output, *parts)
    assert script_output(environment, "measure-students", data, output, *parts) == ""
    environment["COLLECTIONS"] = "dev"
    return output, script_output(environment, "measure-students", data, output, "compare")


# One test of all, since each of a dozen commands imports PyTorch or starts Java.
@pytest.mark.timeout(900)
def test_students_are_measured_on_the_right_passages_questions_and_weights(
    measured: tuple[Path, str],
) -> None:
    output, printed = measured
    wiki, dev = output / "runs/arcd-wiki", output / "runs/dev"
    _check_collections(output)
    assert fusion_of(wiki / "hybrid.trec") == ("../../dev/qrels.txt", [8])
    assert fusion_of(dev / "ensemble.trec") == (None, [2] * 5)
    _check_late_interaction(wiki, dev)
    _check_twins(dev)
    headings = re.findall(r"^## dev: (.*)", printed, re.MULTILINE)
    assert [heading.split()[1] for heading in headings] == ["systems", "reranker", "cross-encoder"]
    assert all(
        f"| {row} |" in printed for row in ("e | rerank-li", "f | hybrid-li", "g | ensemble")
    )
    assert "p (Holm)" in printed
    assert printed == (output / "tables/dev.md").read_text(encoding="utf-8")


def _check_collections(output: Path) -> None:
    union = read_passages(output / "arcd-wiki/corpus")
    assert list(union) == [*(f"arcd-{n}" for n in range(5)), "1#0", "3#0"]
    found = read_run(output / "runs/arcd-wiki/bm25.trec")
    assert found.topic_ids == tuple(f"a{n}" for n in range(2, 10))
    assert list(read_qrels(output / "dev/qrels.txt")) == [f"m{n}" for n in range(10)]


def _check_late_interaction(wiki: Path, dev: Path) -> None:
    """It reads all hits of BM25 anew, and its fusion is tuned on dev alone."""
    first, again = (
        dict(read_run(dev / f"{name}.trec").rankings()) for name in ("bm25", "rerank-li")
    )
    assert list(again) == list(first)
    for topic, hits in first.items():
        assert {hit.docid for hit in again[topic]} == {hit.docid for hit in hits}
    assert again != first
    assert not (dev / "kd-mini-li.trec").exists()
    assert fusion_of(wiki / "hybrid-li.trec") == ("../../dev/qrels.txt", [8])
    assert fusion_of(dev / "hybrid-li.trec") == (None, [2] * 5)


def _check_twins(runs: Path) -> None:
    """Reranker and twin are compared on the same hits, in the order that each gives them."""
    whole, cut, twin = (
        {topic: [hit.docid for hit in hits] for topic, hits in read_run(path).rankings()}
        for path in (
            runs / f"{name}.trec" for name in ("rerank-kd", "rerank-kd-2", "rerank-nokd-2")
        )
    )
    for n in range(10):
        topic, first = f"m{n}", {str(n % 5), str((n + 1) % 5)}
        assert len(whole[topic]) == 4
        assert cut[topic] == [docid for docid in whole[topic] if docid in first]
        assert set(twin[topic]) == first
    assert twin != cut


def test_latency_names_every_system_with_its_time_and_size(
    tmp_path: Path,
    data: Path,
    tiny_bi_encoder: Path,
    tiny_late_interaction: Path,
    tiny_cross_encoder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    corpus, topics = data / "arcd/corpus.jsonl", data / "arcd/topics.tsv"
    build_bm25(IndexConfig(corpus=corpus, output=tmp_path / "bm25", threads=1))
    encoders = (tiny_bi_encoder, tiny_late_interaction)
    words: list[object] = [topics, corpus, "--bm25", tmp_path / "bm25"]
    for encoder in encoders:
        index = tmp_path / encoder.name
        encode_corpus(EncodeCorpusConfig(corpus=corpus, encoder=str(encoder), output=index))
        words += ["--encoder", encoder, index]
    run(monkeypatch, "measure-latency", *words, "--reranker", tiny_cross_encoder, "--queries", 4)
    printed = capsys.readouterr().out.replace("\\", "")
    rows = [line.strip("| ").split(" | ") for line in printed.splitlines() if line.startswith("|")]
    names = ["bm25", str(encoders[0]), "hybrid", str(encoders[1])]
    assert [row[0] for row in rows[2:]] == [*names, f"bm25, reranked by {tiny_cross_encoder}"]
    assert all(float(row[1]) > 0 for row in rows[2:])
    assert "4 queries one by one, one thread, 100 hits." in printed
