"""Queries across languages of parallel passages."""

from __future__ import annotations

from pathlib import Path

import pytest

from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.topics import read_topics
from arir.errors import DataError
from tests.script_data import put, run

PAIRS = [
    "The Nile is a long river. It flows north to Egypt.\tالنيل نهر طويل. يجري شمالا إلى مصر.",
    "One two three four five six.\tواحد اثنان ثلاثة أربعة خمسة ستة.",
]


def made(folder: Path, monkeypatch: pytest.MonkeyPatch, *words: object) -> Path:
    source = put(folder / "news.tsv.gz", PAIRS)
    run(monkeypatch, "parallel-queries", source, "--output", folder / "made", *words)
    return folder / "made"


def test_every_passage_is_asked_for_in_the_other_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = made(tmp_path, monkeypatch)
    corpus, topics = read_passages(folder / "corpus.jsonl"), read_topics(folder / "topics.tsv")
    assert set(corpus) == {f"news-{side}#{n}" for side in ("en", "other") for n in (1, 2)}
    assert read_qrels(folder / "qrels.txt") == {f"to-{docid}": {docid: 1} for docid in corpus}
    for number, (english, other) in enumerate((pair.split("\t") for pair in PAIRS), 1):
        assert topics[f"to-news-en#{number}"].rstrip(".") in other
        assert topics[f"to-news-other#{number}"].rstrip(".") in english
        assert corpus[f"news-en#{number}"].contents == english


def test_long_sentences_are_windows_and_the_seed_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [
        (made(tmp_path / name, monkeypatch, "--max-words", 3, "--seed", seed) / "topics.tsv")
        for name, seed in (("a", 1), ("b", 1), ("c", 3))
    ]
    first, again, other = (path.read_text(encoding="utf-8") for path in texts)
    assert first == again != other
    assert all(len(query.split()) == 3 for query in read_topics(texts[0]).values())


def test_a_line_without_a_translation_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = put(tmp_path / "news.tsv", [PAIRS[0], "no translation here"])
    with pytest.raises(DataError, match=r"news.tsv:2"):
        run(monkeypatch, "parallel-queries", source, "--output", tmp_path / "made")
    assert not (tmp_path / "made").exists()
