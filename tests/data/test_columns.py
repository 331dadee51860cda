"""What the columnar readers stand on: blocks, keys of ids, ranges of topics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data import columns
from arir.data.blocks import line_number, map_ahead, read_blocks
from arir.data.columns import topic_ranges
from arir.data.id_keys import id_keys
from arir.data.runs import read_run
from arir.errors import DataError

Write = Callable[[str, str], Path]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("text", ["", "a\nbb\nccc", "a\nbb\n", "\n\n", "no line end at all"])
def test_blocks_are_whole_lines_and_lose_nothing(write: Write, size: int, text: str) -> None:
    path = write("a.txt", text)
    blocks = list(read_blocks(path, size))
    assert b"".join(block for _, block in blocks) == text.encode()
    assert all(block.endswith(b"\n") for _, block in blocks[:-1])
    for offset, _ in blocks:
        assert line_number(path, offset) == text[:offset].count("\n") + 1


def test_an_error_in_a_thread_arrives_and_stops_the_rest() -> None:
    seen = []

    def work(number: int) -> int:
        seen.append(number)
        if number == 3:
            raise ValueError("three")
        return number

    with pytest.raises(ValueError, match="three"):
        list(map_ahead(work, iter(range(1000))))
    assert len(seen) < 20


ids = st.text(max_size=30)


@given(values=st.lists(ids, min_size=1, max_size=50))
def test_equal_ids_have_equal_keys_and_others_do_not(values: list[str]) -> None:
    keys = id_keys(pa.array(values, pa.string())).tolist()
    assert len(set(keys)) == len(set(values))
    assert keys == [id_keys(pa.array([value], pa.string()))[0] for value in values]


@given(values=st.lists(ids, min_size=3, max_size=20))
def test_a_slice_has_the_keys_of_its_own_ids(values: list[str]) -> None:
    whole = pa.array(values, pa.string())
    assert id_keys(whole.slice(1, 2)).tolist() == id_keys(whole)[1:3].tolist()


@given(sizes=st.lists(st.integers(0, 9), max_size=20), rows=st.integers(1, 12))
def test_ranges_cover_every_topic_once(sizes: list[int], rows: int) -> None:
    offsets = np.cumsum([0, *sizes])
    ranges = list(topic_ranges(offsets, rows))
    assert [topic for first, last in ranges for topic in range(first, last)] == list(
        range(len(sizes))
    )
    for first, last in ranges:
        assert last == first + 1 or offsets[last] - offsets[first] <= rows


def test_ids_that_share_a_key_are_not_taken_for_a_repetition(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arir.data.trec_fast.id_keys", lambda ids: np.zeros(len(ids), np.uint64))
    assert len(read_run(write("a.trec", "q Q0 a 1 2 t\nq Q0 b 2 1 t\n")).scores) == 2
    with pytest.raises(DataError, match=r":3: passage a is ranked twice"):
        read_run(write("b.trec", "q Q0 a 1 3 t\nq Q0 b 2 2 t\nq Q0 a 3 1 t\n"))


def test_a_repetition_is_found_beyond_the_first_range(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columns.topic_ranges, "__defaults__", (2,))
    text = "".join(f"q{t} Q0 d{n} {n} {9 - n} t\n" for t in range(4) for n in (1, 2))
    with pytest.raises(DataError, match=r":9: passage d1 .* topic q3, first at line 7"):
        read_run(write("a.trec", text + "q3 Q0 d1 3 1 t\n"))
