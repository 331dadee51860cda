"""Teacher files are read exactly, and a fault is named with its line."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data import teacher_rows
from arir.data.teacher import Teacher, read_teacher
from arir.data.teacher_scores import TeacherScores, read_teacher_scores
from arir.errors import DataError

Write = Callable[[str, str], Path]
ROWS = (
    "6.6247253\t2.5966\t400296\t1540783\t3518497\n"
    "-0.25\t-11.97\t007\tNA\t3518497\n"
    "8.5\t8.25\t400296\tNA\t1540783\n"
)


def as_rows(scores: TeacherScores) -> list[tuple[float, float, str, str, str]]:
    queries, passages = scores.query_ids, scores.passage_ids
    return [
        (high, low, queries[query], passages[positive], passages[negative])
        for high, low, query, positive, negative in zip(
            scores.positive_score.tolist(),
            scores.negative_score.tolist(),
            scores.query.tolist(),
            scores.positive.tolist(),
            scores.negative.tolist(),
            strict=True,
        )
    ]


def test_columns_ids_and_scores_are_read_as_they_stand(write: Write) -> None:
    scores = read_teacher_scores(write("t.tsv", ROWS))
    assert scores.query_ids == ("400296", "007")
    assert scores.passage_ids == ("1540783", "NA", "3518497")
    assert as_rows(scores) == [
        (pytest.approx(6.6247253), pytest.approx(2.5966), "400296", "1540783", "3518497"),
        (-0.25, pytest.approx(-11.97), "007", "NA", "3518497"),
        (8.5, 8.25, "400296", "NA", "1540783"),
    ]


@pytest.mark.parametrize(
    "text",
    ["\ufeff" + ROWS, ROWS.replace("\n", "\r\n"), ROWS.replace("\n", "\n\n"), ROWS.rstrip("\n")],
    ids=["byte order mark", "Windows line ends", "blank lines", "no last line end"],
)
def test_another_editors_habits_change_nothing(write: Write, text: str) -> None:
    found = read_teacher_scores(write("other.tsv", text))
    assert as_rows(found) == as_rows(read_teacher_scores(write("t.tsv", ROWS)))


def test_gzip_is_read_alike(tmp_path: Path, write: Write) -> None:
    packed = tmp_path / "t.tsv.gz"
    packed.write_bytes(gzip.compress(ROWS.encode()))
    assert as_rows(read_teacher_scores(packed)) == as_rows(
        read_teacher_scores(write("t.tsv", ROWS))
    )


def test_a_limit_takes_the_head_and_left_out_queries_do_not_count(write: Write) -> None:
    path = write("t.tsv", ROWS)
    assert as_rows(read_teacher_scores(path, limit=2)) == as_rows(read_teacher_scores(path))[:2]
    others = read_teacher_scores(path, leave_out={"007"}, limit=2)
    assert [row[2:] for row in as_rows(others)] == [
        ("400296", "1540783", "3518497"),
        ("400296", "NA", "1540783"),
    ]
    assert others.query_ids == ("400296",)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1.0\t2.0\tq\tp", "expected 5 columns, found 4"),
        ("1.0\t2.0\tq\tp\tn\tx", "expected 5 columns, found 6"),
        ("1.0 2.0 q p n", "expected 5 columns, found 1"),
        ("high\t2.0\tq\tp\tn", "positive score 'high' is not a number"),
        ("1.0\t\tq\tp\tn", "negative score '' is not a number"),
        ("1_0\t2.0\tq\tp\tn", "positive score '1_0' is not a number"),
        ("1.0\tnan\tq\tp\tn", "negative score nan is not finite"),
        ("-inf\t2.0\tq\tp\tn", "positive score -inf is not finite"),
        ("1e99\t2.0\tq\tp\tn", "positive score 1e99 is not finite"),
        ("1.0\t2.0\t\tp\tn", "empty query id"),
        ("1.0\t2.0\tq\tp\t", "empty negative passage id"),
        ("1.0\t2.0\tq\tp p\tn", "positive passage id 'p p' holds white space"),
    ],
)
def test_a_faulty_line_is_named(write: Write, line: str, message: str) -> None:
    path = write("t.tsv", f"{ROWS}\n{line}\n{ROWS}")
    with pytest.raises(DataError) as caught:
        read_teacher_scores(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:5: ")


def test_the_line_is_right_beyond_the_first_block(write: Write) -> None:
    line = "6.6247\t2.5966\t400296\t1540783\t3518497\n"
    path = write("t.tsv", line * 60_000 + "6.6247\tnan\t400296\t1540783\t3518497\n")
    assert path.stat().st_size > 2 << 20
    with pytest.raises(DataError, match=":60001: negative score nan"):
        read_teacher_scores(path)


def test_bytes_that_are_no_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes(ROWS.encode() + b"1.0\t2.0\t\xff\tp\tn\n")
    with pytest.raises(DataError, match=r"t\.tsv:4: not UTF-8: byte 0xff"):
        read_teacher_scores(path)


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_an_empty_file_is_refused(write: Write, text: str) -> None:
    with pytest.raises(DataError, match="the file is empty"):
        read_teacher_scores(write("t.tsv", text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read the file"):
        read_teacher_scores(tmp_path / "none.tsv")


WORD = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=5)
NUMBER = st.floats(-100, 100, width=16)


@given(st.lists(st.tuples(NUMBER, NUMBER, WORD, WORD, WORD), min_size=1, max_size=20))
def test_any_ids_come_back_and_both_readers_agree(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, str, str, str]]
) -> None:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows)
    path = tmp_path_factory.mktemp("any") / "t.tsv"
    path.write_text(text, encoding="utf-8")
    assert as_rows(read_teacher_scores(path)) == rows
    strict = teacher_rows.read_part(path, (0, text.replace("\n", "\r\n").encode()))
    fast = teacher_rows.read_part(path, (0, text.encode()))
    assert [ids for ids, _ in strict.ids] == [ids for ids, _ in fast.ids]
    for (_, left), (_, right) in zip(strict.ids, fast.ids, strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(strict.scores, fast.scores)


def test_clean_blocks_do_not_go_through_the_slow_reader(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(teacher_rows, "_read_lines", fail)
    assert len(read_teacher_scores(write("t.tsv", ROWS))) == 3


def test_the_side_file_speaks_for_the_scores(write: Write) -> None:
    scores = write("t.tsv", ROWS)
    assert read_teacher(scores) == Teacher()
    write("t.tsv.meta.yaml", "teacher: org/model\nscale: cosine x 20\nlanguage: en\nseed: 7\n")
    teacher = read_teacher(scores)
    assert teacher == Teacher(
        name="org/model", language="en", scale="cosine x 20", notes={"seed": 7}
    )


def test_a_json_side_file_serves_too(write: Write) -> None:
    scores = write("t.tsv.gz", "")
    write("t.tsv.gz.meta.json", '{"teacher": "T2", "licence": "CC-BY"}')
    assert read_teacher(scores) == Teacher(name="T2", licence="CC-BY")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("teacher: [a, b]", "'teacher' is ['a', 'b'], not text"),
        ("revision: 2026", "'revision' is 2026, not text; quote it"),
        ("- teacher", "expected lines of 'key: value'"),
        ("teacher: [", "not valid YAML"),
    ],
)
def test_a_damaged_side_file_is_named(write: Write, text: str, message: str) -> None:
    path = write("t.tsv", ROWS)
    side = write("t.tsv.meta.yaml", text)
    with pytest.raises(DataError) as caught:
        read_teacher(path)
    assert message in str(caught.value)
    assert str(side) in str(caught.value)
