"""Reading passages out of indexes that other tools built; the index tests read arir's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arir.data.collection import Passage
from arir.errors import IndexMismatchError
from arir.lucene import java_class
from arir.lucene.documents import read_indexed_passages
from arir.lucene.reader import _unreadable, java_reason

RECORD = {"id": "d1", "contents": "العنوان\nالنص", "title": "العنوان"}


def build(folder: Path, *options: str, record: dict[str, object] = RECORD) -> Path:
    basic = ["-index", str(folder), "-input", "", "-collection", "JsonCollection"]
    indexer = java_class("io.anserini.index.SimpleIndexer")([*basic, "-language", "ar", *options])
    indexer.addRawDocuments([json.dumps(record)])
    indexer.close()
    return folder


@pytest.mark.parametrize("options", [("-storeRaw",), ("-storeRaw", "-storeContents")])
def test_the_raw_json_of_another_tool_is_not_read(tmp_path: Path, options: tuple[str, ...]) -> None:
    index = build(tmp_path / "index", *options)
    found = read_indexed_passages(index, ["d1", "d2"])
    assert found == {"d1": Passage("d1", "العنوان\nالنص", "العنوان")}
    assert found["d1"].text == "العنوان\nالنص"


def test_stored_contents_are_not_read(tmp_path: Path) -> None:
    index = build(tmp_path / "index", "-storeContents")
    assert read_indexed_passages(index, ["d1"]) == {"d1": Passage("d1", "العنوان\nالنص")}


def test_an_index_without_text_gives_empty_passages(tmp_path: Path) -> None:
    index = build(tmp_path / "index")
    with pytest.raises(IndexMismatchError, match=r"does not store the text of passage d1 as JSON"):
        read_indexed_passages(index, ["d1"])
    assert read_indexed_passages(index, ["d2"]) == {}


def test_stored_fields_of_other_types_become_passages(tmp_path: Path) -> None:
    index = build(tmp_path / "index", "-storeRaw", record={**RECORD, "text": ["a", "b"]})
    with pytest.raises(IndexMismatchError, match="give the corpus, or build the index"):
        read_indexed_passages(index, ["d1"])


def test_a_missing_index_is_a_java_error(tmp_path: Path) -> None:
    with pytest.raises(IndexMismatchError, match="no such index"):
        read_indexed_passages(tmp_path / "gone", ["d1"])


@pytest.mark.parametrize(
    ("classname", "message", "trace", "expected"),
    [
        ("java.io.IOException", "no\nyes", [], "IOException: no"),
        ("java.io.IOException", None, None, "IOException"),
        (
            "a.Outer",
            "outer",
            ["a.Outer: outer", "a.b(C.java:1)", "Caused by:", "b.Inner: disk: full", "x"],
            "Inner: disk: full",
        ),
    ],
)
def test_a_java_exception_hides_its_cause(
    classname: str, message: str | None, trace: list[str] | None, expected: str
) -> None:
    from jnius import JavaException

    error = JavaException("text", classname, message, trace)
    assert java_reason(error) == expected


def test_an_index_of_the_next_lucene_is_called_damaged() -> None:
    from jnius import JavaException

    said = "indexCreatedVersionMajor is in the future: 10"
    error = JavaException("text", "java.lang.IllegalArgumentException", said, [])
    assert "was built by a newer Lucene; upgrade Pyserini" in str(_unreadable(Path("index"), error))
