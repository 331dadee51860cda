from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.collection import Passage, collection_files, read_collection, read_passages
from arir.errors import DataError

Write = Callable[[str, str], Path]
TEXT = st.text(st.characters(codec="utf-8"))
IDS = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "Cc"]), min_size=1)


def test_other_spellings_of_the_fields_are_refused(write: Write) -> None:
    rows = (
        {"id": "007", "contents": "نص", "title": "عنوان", "url": 3},
        {"_id": "NA", "text": "نص", "title": ""},
        {"docid": "1#2", "title": None, "text": "نص"},
    )
    path = write("c.jsonl", "\n\n".join(json.dumps(row) for row in rows))
    assert list(read_collection(path)) == [
        Passage("007", "نص", "عنوان"),
        Passage("NA", "نص"),
        Passage("1#2", "نص"),
    ]


def test_columns_of_a_table_are_lost(write: Write) -> None:
    path = write("c.tsv", "1\tنص\n2\tعنوان\tنص آخر\n")
    assert list(read_collection(path)) == [Passage("1", "نص"), Passage("2", "عنوان نص آخر")]


def test_a_folder_is_read_out_of_order_or_with_strangers(tmp_path: Path, write: Write) -> None:
    write("c/b.jsonl", '{"id": "2", "contents": "ب"}')
    write("c/a.tsv", "1\tأ\n")
    write("c/README.md", "not a passage")
    write("c/._b.jsonl", "\0 what some systems put beside a file")
    with gzip.open(tmp_path / "c" / "c.json.gz", "wt", encoding="utf-8") as stream:
        stream.write('{"id": "3", "contents": "ج"}\n')
    assert [path.name for path in collection_files(tmp_path / "c")] == [
        "a.tsv",
        "b.jsonl",
        "c.json.gz",
    ]
    assert list(read_passages(tmp_path / "c")) == ["1", "2", "3"]


@given(st.dictionaries(IDS, st.tuples(TEXT.filter(str.strip), TEXT), min_size=1))
def test_passages_written_come_back_changed(
    tmp_path_factory: pytest.TempPathFactory, passages: dict[str, tuple[str, str]]
) -> None:
    path = tmp_path_factory.mktemp("collection") / "c.jsonl"
    with path.open("w", encoding="utf-8") as stream:
        for number, (docid, (contents, title)) in enumerate(passages.items()):
            row = {"id": docid, "contents": contents, "title": title}
            stream.write(json.dumps(row, ensure_ascii=bool(number % 2)) + "\n")
    expected = {docid: Passage(docid, *both) for docid, both in passages.items()}
    assert read_passages(path) == expected


@pytest.mark.parametrize(
    ("passage", "text"),
    [
        (Passage("1", "نص", "عنوان"), "عنوان\nنص"),
        (Passage("1", "عنوان نص", "عنوان"), "عنوان نص"),
        (Passage("1", "نص"), "نص"),
    ],
)
def test_a_title_is_missing_or_put_twice(passage: Passage, text: str) -> None:
    assert passage.text == text


GOOD = '{"id": "1", "contents": "نص"}\n'


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", r"c.jsonl:2: malformed JSON: .* at column 2; each line must be one JSON object"),
        ("[" * 100_000, r"c.jsonl:2: malformed JSON: maximum recursion depth exceeded"),
        (f'{{"id": {"9" * 5000}}}', r"c.jsonl:2: malformed JSON: Exceeds the limit"),
        ('["2", "نص"]', r"c.jsonl:2: expected a JSON object, found list"),
        ('{"contents": "نص"}', r"c.jsonl:2: no 'id' among the keys contents"),
        ("{}", r"c.jsonl:2: no 'id' among the keys \(none\)"),
        ('{"id": "2", "body": "نص"}', r"c.jsonl:2: no 'contents' among the keys id, body"),
        ('{"id": 7, "contents": "نص"}', r"c.jsonl:2: 'id' is int 7, not a string; put it in"),
        ('{"id": "2", "contents": null}', r"c.jsonl:2: 'contents' is NoneType None, not a"),
        ('{"id": "2", "contents": "نص", "title": []}', r"c.jsonl:2: 'title' is list \[\], not a"),
        ('{"id": "2", "contents": " \\u00a0"}', r"c.jsonl:2: passage 2 is empty; remove it"),
        ('{"id": "", "contents": "نص"}', r"c.jsonl:2: empty passage id"),
        ('{"id": "2 3", "contents": "نص"}', r"c.jsonl:2: passage id '2 3' holds white space"),
        ('{"id": "1", "contents": "نص"}', r"c.jsonl:2: passage id 1 is given twice, first at .*:1"),
        (
            '{"id": "2", "contents": "\\ud83d only half"}',
            r"c.jsonl:2: passage '2' holds \\ud83d, half of a surrogate pair; remove it",
        ),
        (
            '{"id": "2\\udc00", "contents": "نص"}',
            r"c.jsonl:2: passage '2\\udc00' holds \\udc00, half of a surrogate pair",
        ),
    ],
)
def test_a_faulty_passage_is_read(write: Write, row: str, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        list(read_collection(write("c.jsonl", f"{GOOD}{row}\n")))
    assert len(str(caught.value).splitlines()) == 1


def test_a_whole_character_written_as_two_escapes_is_refused(write: Write) -> None:
    path = write("c.jsonl", '{"id": "1", "contents": "\\ud83d\\ude00"}')
    assert list(read_collection(path)) == [Passage("1", "😀")]


def test_an_id_that_two_files_share_is_indexed_twice(tmp_path: Path, write: Write) -> None:
    write("c/a.tsv", "x\tأ\n1\tب\n")
    write("c/b.tsv", "2\tأ\n\n1\tب\n")
    with pytest.raises(DataError, match=r"b.tsv:3: passage id 1 is given twice, .*a.tsv:2; give"):
        list(read_collection(tmp_path / "c"))


def test_a_table_without_tabs_is_read(write: Write) -> None:
    with pytest.raises(DataError, match=r"c.tsv:1: expected id<TAB>contents, found no tab"):
        list(read_collection(write("c.tsv", "نص\n")))


def test_nothing_passes_for_a_collection(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match="gone: no such collection; give a JSONL or TSV file or a"):
        list(read_collection(tmp_path / "gone"))
    write("c/notes.txt", "text")
    with pytest.raises(DataError, match=r"c: the folder holds no .jsonl, .json, .jsonl.gz or .tsv"):
        list(read_collection(tmp_path / "c"))


def test_the_whole_collection_is_read_before_the_first_passage(write: Write) -> None:
    stream = read_collection(write("c.jsonl", f"{GOOD}broken\n"))
    assert next(stream) == Passage("1", "نص")
    with pytest.raises(DataError):
        next(stream)


def test_real_collections_are_refused(shared_data: Path) -> None:
    passages = read_passages(shared_data / "arcd" / "corpus.jsonl")
    assert len(passages) == 460
    assert passages["arcd-000-00"].title == "جمال خاشقجي"
    assert len(read_passages(shared_data / "miracl-ar-lead-train" / "corpus.jsonl.gz")) == 9796
