"""The embedded teacher scores fit the embedded collection and keep away from the test queries."""

from __future__ import annotations

import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from arir.data.qrels import read_qrels
from arir.data.teacher import read_teacher
from arir.data.teacher_join import join_teacher_rows
from arir.data.teacher_scores import read_teacher_scores
from arir.data.topics import read_all_topics, read_topics
from arir.sample import sample_path

REPOSITORY = Path(__file__).resolve().parents[2]
SCORES = sample_path("teacher_scores.tsv")
TOPICS = [sample_path(f"topics.{name}.ar.tsv") for name in ("train", "pseudo")]


def test_every_row_joins_with_its_texts(tmp_path: Path) -> None:
    rows = join_teacher_rows(
        SCORES,
        topics=read_all_topics(TOPICS),
        corpora=[sample_path("corpus.ar.jsonl")],
        scratch=tmp_path,
    )
    assert rows.missing == 0
    assert len(rows.passage_ids) == 200
    assert len(rows.query_ids) > 1000


def test_test_queries_are_neither_scored_nor_pseudo_queries() -> None:
    test = read_topics(sample_path("topics.test.ar.tsv"))
    assert not set(test) & set(read_teacher_scores(SCORES).query_ids)
    for path in TOPICS:
        assert not set(test.values()) & set(read_topics(path).values())


def test_no_relevant_passage_stands_as_a_negative() -> None:
    scores = read_teacher_scores(SCORES)
    qrels = read_qrels(sample_path("qrels.train.txt"))
    for query, negative in zip(scores.query, scores.negative, strict=True):
        judged = qrels.get(scores.query_ids[query], {})
        assert scores.passage_ids[negative] not in judged
    assert not (scores.positive == scores.negative).any()


def test_scores_are_on_the_scale_that_the_side_file_declares() -> None:
    scores = read_teacher_scores(SCORES)
    assert read_teacher(SCORES).scale == "cosine x 20"
    both = np.concatenate([scores.positive_score, scores.negative_score])
    assert np.abs(both).max() <= 20
    margins = scores.positive_score - scores.negative_score
    assert margins.std() > 1
    assert (margins > 0).mean() > 0.95


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that made the files, with a teacher that needs no model."""
    path = str(REPOSITORY / "bin/make-sample-teacher-scores")
    loader = SourceFileLoader("make_sample_teacher_scores", path)
    module = module_from_spec(spec_from_loader(loader.name, loader))  # type: ignore[arg-type]
    # Dataclasses look their module up.
    monkeypatch.setitem(sys.modules, loader.name, module)
    loader.exec_module(module)

    def encode(_: Path, texts: list[str]) -> NDArray[np.float32]:
        vectors = np.random.default_rng(len(texts)).normal(size=(len(texts), 8))
        return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)

    monkeypatch.setattr(module, "encode", encode)
    return module


def test_the_script_makes_files_of_this_form(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "model.safetensors").touch()
    words = ["--teacher", str(tmp_path), "--output", str(tmp_path), "--name", "random"]
    monkeypatch.setattr(sys, "argv", ["script", *words])
    script.main()
    pseudo = "topics.pseudo.ar.tsv"
    assert (tmp_path / pseudo).read_bytes() == sample_path(pseudo).read_bytes()
    made, embedded = (read_teacher_scores(f / SCORES.name) for f in (tmp_path, SCORES.parent))
    assert made.query_ids == embedded.query_ids
    np.testing.assert_array_equal(made.query, embedded.query)
    ids = [[scores.passage_ids[p] for p in scores.positive] for scores in (made, embedded)]
    assert ids[0] == ids[1]
    teacher, other = read_teacher(tmp_path / SCORES.name), read_teacher(SCORES)
    assert (teacher.name, teacher.scale) == ("random", "cosine x 20")
    assert teacher.notes == other.notes


def test_negatives_come_from_head_middle_and_tail_of_the_teachers_ranking(
    script: ModuleType,
) -> None:
    query = script.Query("q", "", "", ("d3",), 6)
    scores = np.linspace(1, -1, 200, dtype=np.float32)
    ids = [f"d{place}" for place in range(200)]
    lines = list(script.triples(query, scores, ids, np.random.default_rng(0)))
    rows = [line.rstrip("\n").split("\t") for line in lines]
    assert {(row[2], row[3], row[0]) for row in rows} == {("q", "d3", f"{scores[3]:.4f}")}
    places = [int(row[4][1:]) for row in rows]
    assert [row[1] for row in rows] == [f"{scores[place]:.4f}" for place in places]
    assert 3 not in places
    assert max(places[:2]) <= 20 < min(places[2:4]) <= max(places[2:4]) <= 80 < min(places[4:])
