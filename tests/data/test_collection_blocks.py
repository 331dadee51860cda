"""The fast reader of collections gives what the strict one gives, faults included."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data import blocks, collection_blocks
from arir.data.collection import read_collection
from arir.data.collection_blocks import read_passage_blocks
from arir.data.passage_index import PassageIndex
from arir.errors import DataError

Write = Callable[[str, str], Path]
Read = list[tuple[str, str]]


def fast(path: Path, *, with_title: bool = True) -> Read:
    return [
        pair
        for block in read_passage_blocks(path)
        for pair in zip(
            block.ids.to_pylist(),
            block.texts(np.arange(len(block.ids)), with_title=with_title),
            strict=True,
        )
    ]


def strict(path: Path) -> Read:
    return [(passage.id, passage.text) for passage in read_collection(path)]


GOOD = {
    "plain": '{"id": "1", "contents": "نص"}\n{"id": "2", "contents": "آخر"}\n',
    "titles": '{"id": "1", "contents": "نص", "title": "عنوان"}\n{"id": "2", "contents": "ب"}\n',
    "null title": '{"id": "1", "contents": "نص", "title": null}\n',
    "the word null": '{"id": "1", "contents": "null and NaN"}\n',
    "other names": '{"_id": "1", "text": "نص", "metadata": {"a": [1, {}]}}\n',
    "mixed names": '{"_id": "1", "text": "أ"}\n{"id": "2", "contents": "ب", "text": "ج"}\n',
    "two ids": '{"_id": "x", "id": "1", "contents": "نص"}\n',
    "escapes": '{"id": "1", "contents": "\\u0646\\u0635 \\ud83d\\ude00 \\"\\t\\u0000"}\n',
    "key twice": '{"id": "1", "contents": "a", "contents": "b"}\n',
    "byte order mark": '\ufeff{"id": "1", "contents": "نص"}\n',
    "line ends": '{"id": "1", "contents": "نص"}\r\n\r\n{"id": "2", "contents": "ب"}\r\n',
    "no last line end": '{"id": "1", "contents": "نص"}\n{"id": "2", "contents": "ب"}',
    "space first": '{"id": "1", "contents": "\\u00a0\\u2003 نص"}\n',
    "NaN elsewhere": '{"id": "1", "contents": "نص", "score": NaN}\n',
}
TSV = {
    "plain": "1\tنص\n2\tآخر\n",
    "quotes": '1\t"نص\n2\tآخ"ر""\n',
    "more columns": "1\tنص\tآخر\n2\tb\n",
    "line ends": "1\tنص\r\n\n2\tآخر\r\n",
    "lone carriage return": "1\tن\rص\n",
    "spaced id": " 1 \tنص\n",
    "NA": "NA\tnull\nnan\tNA\n",
}
BAD = {
    "a.jsonl": [
        '{"id": 7, "contents": "نص"}\n',
        '{"id": null, "_id": "1", "contents": "نص"}\n',
        '{"id": "1 2", "contents": "نص"}\n',
        '{"id": "1\\u00a02", "contents": "نص"}\n',
        '{"id": "", "contents": "نص"}\n',
        '{"id": "1", "contents": ""}\n',
        '{"id": "1", "contents": " \\u2003\\u001c"}\n',
        '{"id": "1", "contents": "نص"}{"id": "2", "contents": "ب"}\n',
        '{"id": "1", "contents": "\\ud800"}\n',
        '{"id": "1", "contents": ["نص"]}\n',
        '{"id": "1", "contents": "نص", "title": 3}\n',
        '{"id": "1"}\n',
        '{"contents": "نص"}\n',
        "[1]\n",
        '{"id": "1", "contents": "نص",}\n',
        "\n \n",
        "",
    ],
    "a.tsv": ["1 نص\n", "1\t\n", "1\t \u2003\n", "\tنص\n", "1 2\tنص\n", ""],
}


@pytest.mark.parametrize("text", GOOD.values(), ids=GOOD.keys())
def test_a_jsonl_is_read_as_the_strict_reader_reads_it(write: Write, text: str) -> None:
    path = write("c.jsonl", text)
    assert fast(path) == strict(path)


@pytest.mark.parametrize("text", TSV.values(), ids=TSV.keys())
def test_a_tsv_is_read_as_the_strict_reader_reads_it(write: Write, text: str) -> None:
    path = write("c.tsv", text)
    assert fast(path) == strict(path)


@pytest.mark.parametrize(("name", "text"), [(n, t) for n, texts in BAD.items() for t in texts])
def test_a_fault_is_named_as_the_strict_reader_names_it(write: Write, name: str, text: str) -> None:
    good = '{"id": "0", "contents": "قبل"}\n' if name.endswith("jsonl") else "0\tقبل\n"
    path = write(name, good + text if text.strip() else text)
    with pytest.raises(DataError) as expected:
        strict(path)
    with pytest.raises(DataError) as found:
        fast(path)
    assert str(found.value) == str(expected.value)


@pytest.mark.parametrize("name", ["a.jsonl", "a.tsv"])
def test_bytes_that_are_not_utf8_are_named_with_their_line(tmp_path: Path, name: str) -> None:
    good, bad = (
        ('{"id": "%d", "contents": "a"}\n', b'{"id": "9", "contents": "\xff"}\n')
        if name.endswith("jsonl")
        else ("%d\ta\n", b"9\t\xff\n")
    )
    path = tmp_path / name
    path.write_bytes("".join(good % number for number in range(3)).encode() + bad)
    with pytest.raises(DataError, match=rf"{name}:4: not UTF-8: byte 0xff"):
        fast(path)


text_of = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), min_size=1)


@given(texts=st.lists(text_of.filter(str.strip), min_size=1, max_size=12), size=st.integers(1, 99))
def test_clean_blocks_of_any_size_go_the_fast_way_and_lose_nothing(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], size: int
) -> None:
    path = tmp_path_factory.mktemp("c") / "c.jsonl.gz"
    lines = (
        json.dumps({"id": str(at), "contents": text}, ensure_ascii=at % 2 == 0) + "\n"
        for at, text in enumerate(texts)
    )
    path.write_bytes(gzip.compress("".join(lines).encode()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks.read_blocks, "__defaults__", (size,))
        if not any("null" in text for text in texts):
            patch.setattr(collection_blocks, "_strict", None)
        assert fast(path) == [(str(at), text) for at, text in enumerate(texts)]


def test_a_folder_is_read_file_by_file(tmp_path: Path, write: Write) -> None:
    write("c/b.tsv", "2\tب\n")
    write("c/a.jsonl", GOOD["plain"].splitlines()[0] + "\n")
    assert fast(tmp_path / "c") == [("1", "نص"), ("2", "ب")]


@pytest.mark.parametrize("order", ["0123456", "6543210", "3061524", "204", "6", "9"])
def test_texts_of_another_collection_come_by_place(write: Write, order: str) -> None:
    path = write("other.tsv", "".join(f"p{name}\ttext {name}\n" for name in order))
    index = PassageIndex({f"p{name}": name for name in range(7)})
    expected = [f"text {name}" if str(name) in order else None for name in range(7)]
    assert list(index.texts_of([path])) == expected
    assert index.ids() == tuple(f"p{name}" for name in range(7))


def test_texts_in_order_are_refused_where_the_order_is_another(write: Write) -> None:
    path = write("c.tsv", "p2\tب\np0\tأ\np1\tج\n")
    ids = {f"p{name}": name for name in range(3)}
    ranks = PassageIndex(ids).ranks([path])
    assert ranks.tolist() == [1, 2, 0]
    for index in (PassageIndex(ids, ranks), PassageIndex(ids).renumbered(ranks)):
        assert list(index.texts_in_order([path])) == ["ب", "أ", "ج"]
    with pytest.raises(DataError, match="passage p2 is missing or in another order"):
        list(PassageIndex(ids).texts_in_order([path]))
    with pytest.raises(DataError, match="passage p3 is missing or in another order"):
        list(PassageIndex({"p2": 0, "p3": 1}).texts_in_order([path]))
