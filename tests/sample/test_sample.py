"""The embedded collection is whole: ids agree across languages, judgments point somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.sample import sample_files, sample_path

REPOSITORY = Path(__file__).parent.parent.parent


def test_both_languages_have_the_same_passages() -> None:
    arabic, english = (read_passages(sample_path(f"corpus.{code}.jsonl")) for code in ("ar", "en"))
    assert list(arabic) == list(english)
    assert len(arabic) >= 150


@pytest.mark.parametrize("split", ["train", "test"])
def test_both_languages_have_the_same_topics_and_each_has_an_answer(split: str) -> None:
    arabic, english = (read_topics(sample_path(f"topics.{split}.{x}.tsv")) for x in ("ar", "en"))
    qrels = read_qrels(sample_path(f"qrels.{split}.txt"))
    assert list(arabic) == list(english)
    assert set(qrels) == set(arabic)
    assert all(2 in judged.values() for judged in qrels.values())


def test_judgments_point_at_passages_and_are_graded() -> None:
    passages = read_passages(sample_path("corpus.ar.jsonl"))
    for split in ("train", "test"):
        judged = read_qrels(sample_path(f"qrels.{split}.txt"))
        assert {docid for grades in judged.values() for docid in grades} <= set(passages)
        assert {grade for grades in judged.values() for grade in grades.values()} == {1, 2}


def test_no_test_query_is_among_the_train_queries() -> None:
    train, test = (read_topics(sample_path(f"topics.{s}.ar.tsv")) for s in ("train", "test"))
    assert not set(train) & set(test)
    assert not set(train.values()) & set(test.values())
    assert len(test) >= 60


def test_arabic_texts_are_arabic() -> None:
    latin = re.compile("[A-Za-z]")
    for passage in read_passages(sample_path("corpus.ar.jsonl")).values():
        assert not latin.search(passage.text), passage.id


def test_the_published_qrels_are_those_of_the_package() -> None:
    published = REPOSITORY / "qrels" / "sample.test.txt"
    assert published.read_bytes() == sample_path("qrels.test.txt").read_bytes()


def test_an_unknown_file_names_the_nearest() -> None:
    with pytest.raises(DataError, match=r"did you mean qrels\.test\.txt"):
        sample_path("qrels.tst.txt")
    assert "README.md" in sample_files()
