"""A small collection in two languages, a first-stage run, judgments and teacher rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arir.data.runs import Run, write_run
from arir.score_teacher.config import ScoreTeacherConfig
from tests.tiny import SENTENCES

Write = Callable[[str, str], Path]

QUERIES = {"007": "ما هي عاصمة مصر ؟", "7": "Who wrote the Muqaddimah ?", "NA": "نهر النيل"}
PASSAGES = {f"d{n:02}": text for n, text in enumerate(SENTENCES)}


@pytest.fixture
def settings(write: Write, tmp_path: Path) -> dict[str, Any]:
    """What every scoring needs but for the teacher: three queries with five hits each."""
    records = [{"id": i, "contents": text, "title": f"t {i}"} for i, text in PASSAGES.items()]
    corpus = write("corpus.jsonl", "\n".join(map(json.dumps, records)))
    topics = write("topics.tsv", "".join(f"{i}\t{text}\n" for i, text in QUERIES.items()))
    hits = {
        query: [(f"d{(3 * n + at) % 12:02}", 9.0 - at) for at in range(5)]
        for n, query in enumerate(QUERIES)
    }
    write_run(tmp_path / "first.trec", Run.from_rankings(hits, "first"))
    return {
        "topics": topics,
        "corpus": corpus,
        "run": tmp_path / "first.trec",
        "output": tmp_path / "scores",
        "device": "cpu",
    }


@pytest.fixture
def config(settings: dict[str, Any], tiny_cross_encoder: Path) -> ScoreTeacherConfig:
    return ScoreTeacherConfig(teacher=str(tiny_cross_encoder), **settings)
