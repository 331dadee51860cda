from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError


def lines(path: Path) -> list[tuple[int, str]]:
    return list(numbered_lines(path))


@pytest.mark.parametrize("name", ["a.txt", "a.txt.gz"])
def test_line_numbers_shift_at_blank_lines_or_line_ends_stay(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    content = "\ufeffأ\r\n\n  \nب\u2028ج\u0085د\n\tه".encode()
    path.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    assert lines(path) == [(1, "أ"), (4, "ب\u2028ج\u0085د"), (5, "\tه")]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), min_size=1))
def test_text_changes_on_the_way(tmp_path_factory: pytest.TempPathFactory, rows: list[str]) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    path.write_bytes(("start\n" + "\n".join(rows)).encode())
    kept = [(number, row) for number, row in enumerate(rows, 2) if row.strip()]
    assert lines(path) == [(1, "start"), *kept]


@pytest.mark.parametrize("content", [b"", b"\n \n\t\r\n"])
def test_an_empty_file_passes_for_a_collection(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a.txt: the file is empty"):
        lines(path)


def test_bytes_that_are_no_utf8_are_replaced_in_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("سليم\nab".encode() + b"\xc7c\n")
    with pytest.raises(DataError, match=r"a.txt:2: not UTF-8: byte 0xc7 at column 3; .* iconv"):
        lines(path)


@pytest.mark.parametrize("damage", [b"no gzip at all", b""])
def test_a_damaged_gzip_file_ends_early(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(damage or gzip.compress(b"line\n" * 1000)[:-12])
    with pytest.raises(DataError, match=r"a.txt.gz: damaged gzip file"):
        lines(path)


def test_an_unreadable_file_is_a_traceback(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone: cannot read the file: no such file or directory"):
        lines(tmp_path / "gone")
    with pytest.raises(DataError, match="cannot read the file: is a directory"):
        lines(tmp_path)


@pytest.mark.parametrize("identifier", ["007", "NA", "مقال#١", "d\u200d1", "#"])
def test_a_sound_id_is_refused_or_changed(identifier: str) -> None:
    assert check_id(identifier, "query", "here") == identifier


@pytest.mark.parametrize("identifier", ["a b", " a", "a\n", "a\u00a0b", "a\u2003", " "])
def test_an_id_breaks_a_trec_line(identifier: str) -> None:
    with pytest.raises(DataError, match=r"here: query id .* holds white space, .*replace"):
        check_id(identifier, "query", "here")


def test_an_empty_id_makes_a_trec_line_a_column_short() -> None:
    with pytest.raises(DataError, match="here: empty query id"):
        check_id("", "query", "here")
