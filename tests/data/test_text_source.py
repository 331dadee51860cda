from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from arir.data.text_source import TextSource, find_sources
from arir.errors import DataError

Write = Callable[[str, str], Path]


def test_collections_give_titles_and_contents(write: Write) -> None:
    record = {"id": "7", "title": "النيل", "contents": "أطول الأنهار"}
    source = TextSource(write("c.jsonl", json.dumps(record)))
    assert list(source.texts()) == ["النيل\nأطول الأنهار"]
    assert list(source.target_texts()) == list(source.texts())


def test_bitext_gives_both_sides_and_says_which_is_new(write: Write) -> None:
    source = TextSource(write("b.tsv", "Hi there.\tمرحبا\nRun!\tاركض\nNo.\t\n"))
    assert list(source.texts()) == ["Hi there.", "مرحبا", "Run!", "اركض", "No."]
    assert list(source.target_texts()) == ["مرحبا", "اركض"]


def test_ids_are_no_text(write: Write) -> None:
    source = TextSource(write("topics.tsv", "q1\tما عاصمة مصر\nq2\tمن كتب\n"))
    assert list(source.texts()) == ["ما عاصمة مصر", "من كتب"]


def test_plain_text_is_a_text_a_line_and_may_be_compressed(tmp_path: Path) -> None:
    path = tmp_path / "plain.gz"
    path.write_bytes(gzip.compress("سطر\tأول\n\nسطر ثان\n".encode()))
    assert list(TextSource(path).texts()) == ["سطر\tأول", "سطر ثان"]
    assert list(TextSource(path, limit=1).texts()) == ["سطر\tأول"]


def test_a_folder_is_a_collection(write: Write, tmp_path: Path) -> None:
    write("corpus/a.jsonl", '{"id": "1", "contents": "واحد"}')
    write("corpus/b.jsonl", '{"id": "2", "contents": "اثنان"}')
    assert list(TextSource(tmp_path / "corpus").texts()) == ["واحد", "اثنان"]


def test_faults_name_the_file(write: Write, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.txt: no such file"):
        find_sources([write("there.txt", "نص"), tmp_path / "gone.txt"], None)
    with pytest.raises(DataError, match=r"bad\.jsonl:1: malformed JSON"):
        list(TextSource(write("bad.jsonl", "{")).texts())
