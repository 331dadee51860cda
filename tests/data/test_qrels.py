"""Qrels: what is read, and what is refused with file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arir.data.qrels import read_qrels
from arir.errors import DataError

Write = Callable[[str, str], Path]


def test_grades_are_read_by_topic_and_passage(write: Write) -> None:
    text = "# judged in 2023\nq1 0 d1 2\nq1\t0\td2\t-1\nسؤال 0 007 0\nq1 Q0 NA 1\n"
    assert read_qrels(write("q.txt", text)) == {
        "q1": {"d1": 2, "d2": -1, "NA": 1},
        "سؤال": {"007": 0},
    }


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("q1 0 d2", r"q\.txt:2: expected 4 columns, found 3; a line is: topic 0 docid grade"),
        ("q1 0 d 2 1", r"q\.txt:2: expected 4 columns, found 5; .*ids cannot hold spaces"),
        ("q1 0 d2 high", r"q\.txt:2: grade 'high' is not an integer"),
        ("q1 0 d2 1.0", r"q\.txt:2: grade '1\.0' is not an integer"),
        ("q1 0 d2 99999999999", r"q\.txt:2: grade 99999999999 is too large"),
        ("q1 0 d1 0", r"q\.txt:2: passage d1 is judged twice for topic q1, first at line 1"),
    ],
)
def test_a_faulty_line_is_refused_with_its_number(write: Write, line: str, fault: str) -> None:
    with pytest.raises(DataError, match=fault):
        read_qrels(write("q.txt", f"q1 0 d1 1\n{line}\n"))


def test_qrels_without_judgments_are_refused(write: Write) -> None:
    with pytest.raises(DataError, match=r"q\.txt: the file is empty but for comments"):
        read_qrels(write("q.txt", "# none\n"))
