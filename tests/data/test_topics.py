from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.topics import read_topics
from arir.errors import DataError

Write = Callable[[str, str], Path]


def test_ids_become_numbers_or_topics_lose_their_order(write: Write) -> None:
    path = write("t.tsv", "10\tما عاصمة مصر؟ \n007\tنص\tبعلامة جدولة\n\nNA\tx\n")
    assert list(read_topics(path).items()) == [
        ("10", "ما عاصمة مصر؟"),
        ("007", "نص\tبعلامة جدولة"),
        ("NA", "x"),
    ]


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L", "N", "P"]), min_size=1).filter(
            lambda text: not text.startswith("\ufeff")
        ),
        st.text(st.characters(categories=["L", "N", "P", "Zs"])).filter(str.strip),
        min_size=1,
    )
)
def test_topics_written_come_back_changed(
    tmp_path_factory: pytest.TempPathFactory, topics: dict[str, str]
) -> None:
    path = tmp_path_factory.mktemp("topics") / "t.tsv"
    rows = (f"{identifier}\t{text}\n" for identifier, text in topics.items())
    path.write_text("".join(rows), encoding="utf-8")
    assert read_topics(path) == {key: text.strip() for key, text in topics.items()}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\tأ\nسؤال بلا رقم\n", r"t.tsv:2: expected id<TAB>query, found no tab"),
        ("1\tأ\n2\t \n", r"t.tsv:2: query 2 is empty; remove it or give it text"),
        ("1\tأ\n\n1\tب\n", r"t.tsv:3: query id 1 is given twice; remove one"),
        ("\tأ\n", r"t.tsv:1: empty query id"),
        ("q 1\tأ\n", r"t.tsv:1: query id 'q 1' holds white space"),
        ("", r"t.tsv: the file is empty"),
    ],
)
def test_a_faulty_topics_file_is_searched(write: Write, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_topics(write("t.tsv", content))
