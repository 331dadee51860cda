"""TREC runs: what is read, what is refused and where, and that writing and reading agree."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from arir.data import trec
from arir.data.runs import LAYOUT, Run, read_run, write_run
from arir.data.trec_fast import read_fast
from arir.data.trec_layout import FaultyLineError, Layout, Part
from arir.data.trec_lines import read_lines
from arir.errors import DataError

Write = Callable[[str, str], Path]

LINES = "q1 Q0 d1 1 2.5 tag\nq1 Q0 d2 2 1.5 tag\nq2 Q0 d1 1 9 tag\n"


def rankings(run: Run) -> dict[str, list[tuple[str, float]]]:
    return {topic: [tuple(hit) for hit in hits] for topic, hits in run.rankings()}


def test_a_run_is_read_in_its_order_with_its_tag(write: Write) -> None:
    run = read_run(write("a.trec", LINES))
    assert rankings(run) == {"q1": [("d1", 2.5), ("d2", 1.5)], "q2": [("d1", 9.0)]}
    assert run.tag == "tag"
    assert run.docids.tolist() == ["d1", "d2", "d1"]
    assert run.ids_between(1, 3) == ["d2", "d1"]
    assert (len(run), repr(run)) == (2, "Run(tag='tag', topics=2, hits=3)")


def test_ids_stay_strings(write: Write) -> None:
    lines = "007 Q0 NA 1 3 t\n007 Q0 1e5 2 2 t\n7 Q0 001 1 1 t\nسؤال Q0 وثيقة\u00a0١ 1 1 t\n"
    run = read_run(write("a.trec", lines))
    assert run.topic_ids == ("007", "7", "سؤال")
    assert run.docids.tolist() == ["NA", "1e5", "001", "وثيقة\u00a0١"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + LINES,
        LINES.replace(" ", "\t"),
        LINES.replace("\n", "\r\n"),
        LINES.replace(" ", "   ").replace("\n", "  \n"),
        " " + LINES.replace("\n", "\n "),
        LINES.replace("\n", "\n\n"),
        LINES.replace("2.5", "+2.5"),
        LINES.rstrip("\n"),
        "# ir_metadata.start\n# tag: tag\n" + LINES,
        LINES.replace("q2", "# between q0 1 1 t\nq2"),
        LINES + "# at the end, without a line end",
        LINES.replace(" ", "\x0b"),
        LINES.replace("Q0", "0").replace(" 1 ", " 0 "),
    ],
)
def test_white_space_comments_and_line_ends_change_nothing(write: Write, text: str) -> None:
    expected = rankings(read_run(write("plain.trec", LINES)))
    assert rankings(read_run(write("other.trec", text))) == expected


def test_a_gzip_run_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.trec.gz"
    path.write_bytes(gzip.compress(LINES.encode()))
    assert read_run(path).docids.tolist() == ["d1", "d2", "d1"]


def test_scattered_topics_are_gathered(write: Write) -> None:
    run = read_run(write("a.trec", "q1 Q0 a 1 3 t\nq2 Q0 b 1 2 t\nq1 Q0 c 2 1 t\n"))
    assert rankings(run) == {"q1": [("a", 3.0), ("c", 1.0)], "q2": [("b", 2.0)]}


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("q1 Q0 d9 1 2.5", ":3: expected 6 columns, found 5; a line is: topic Q0 docid rank"),
        ("q1 Q0 d9 1 2.5 ", ":3: expected 6 columns, found 5"),
        ("q1  Q0 d9 1 2.5", ":3: expected 6 columns, found 5"),
        (" q1 Q0 7 1 2.5", ":3: expected 6 columns, found 5"),
        ("q1 Q0 d 9 1 2.5 t", ":3: expected 6 columns, found 7; .*ids cannot hold spaces"),
        ("q1 Q0 d9 1 good t", ":3: score 'good' is not a number"),
        ("q1 Q0 d9 1 1_0 t", ":3: score '1_0' is not a number"),
        ("q1 Q0 d9 1 ١ t", ":3: score '١' is not a number"),
        ("q1 Q0 d9 1 nan t", ":3: score nan is not finite"),
        ("q1 Q0 d9 1 -inf t", ":3: score -inf is not finite"),
        ("q1 Q0 d9 1 1e999 t", ":3: score 1e999 is not finite"),
        (
            "q1 Q0 d2 3 0.5 t",
            ":3: passage d2 is ranked twice for topic q1, first at line 2; keep one",
        ),
    ],
)
def test_a_faulty_line_is_refused_with_its_number(write: Write, line: str, fault: str) -> None:
    first, second, _ = LINES.splitlines()
    path = write("bad.trec", f"{first}\n{second}\n{line}\n")
    with pytest.raises(DataError, match=fault):
        read_run(path)


def test_lines_are_counted_with_comments_and_over_blocks(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arir.data.blocks.read_blocks.__defaults__", (64,))
    body = "".join(f"q Q0 d{n} {n} {100 - n} t\n" for n in range(40))
    bad = write("bad.trec", f"# one\n\n{body}q Q0 d40 41 x t\n")
    with pytest.raises(DataError, match=r"bad\.trec:43: score 'x'"):
        read_run(bad)
    twice = write("twice.trec", f"# one\n\n{body}# two\nq Q0 d3 41 -1 t\n")
    with pytest.raises(DataError, match=r"twice\.trec:44: passage d3 .* first at line 6"):
        read_run(twice)


def test_a_passage_twice_is_found_where_topics_are_scattered(write: Write) -> None:
    lines = "q1 Q0 a 1 3 t\nq2 Q0 a 1 2 t\nq1 Q0 b 2 2 t\nq2 Q0 a 1 1 t\n"
    with pytest.raises(DataError, match=r":4: passage a .* topic q2, first at line 2"):
        read_run(write("a.trec", lines))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.trec"
    path.write_bytes(LINES.encode() + b"q3 Q0 \xe9t\xe9 1 1 t\n")
    with pytest.raises(DataError, match=r"a\.trec:4: not UTF-8: byte 0xe9.*iconv"):
        read_run(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path, write: Write) -> None:
    with pytest.raises(DataError, match=r"nothing\.trec: cannot read the file: no such file"):
        read_run(tmp_path / "nothing.trec")
    with pytest.raises(DataError, match=r"empty\.trec: the file is empty$"):
        read_run(write("empty.trec", ""))
    with pytest.raises(DataError, match=r"talk\.trec: the file is empty but for comments"):
        read_run(write("talk.trec", "# nothing\n"))
    (tmp_path / "cut.trec.gz").write_bytes(gzip.compress(LINES.encode())[:20])
    with pytest.raises(DataError, match=r"cut\.trec\.gz: damaged gzip file"):
        read_run(tmp_path / "cut.trec.gz")


def test_a_run_too_large_for_the_memory_is_named(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("arir.data.columns._grouped", no_memory)
    with pytest.raises(DataError, match=r"a\.trec: does not fit into the memory"):
        read_run(write("a.trec", LINES))


fields = st.text(st.sampled_from("a7Néق.#-"), min_size=1, max_size=12)
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["1", "-0", "1e3", ".5", "5.", "+1", "nan", "inf", "x", "1_0", "0x1", "1e400"]),
)
gaps = st.sampled_from([" "] * 30 + ["\t", "  ", " \t", "\x0b", "\u00a0"])
ends = st.sampled_from(["\n"] * 9 + ["\r\n", " \n", "\n\n", "\n# note\n", "\n ", ""])


@st.composite
def files(draw: st.DrawFn) -> str:
    text = ""
    for row in range(draw(st.integers(0, 6))):
        topic, docid = draw(fields), f"{draw(fields)}{row}"
        words = [topic, "Q0", docid, "1", draw(numbers), "t"]
        words = words[: draw(st.sampled_from([6] * 12 + [5, 4]))]
        text += "".join(word + draw(gaps) for word in words[:-1]) + words[-1] + draw(ends)
    return text


def read_with(reader: Callable[[bytes, Layout], Part | None], text: str) -> object:
    try:
        part = reader(text.encode(), LAYOUT)
    except FaultyLineError as fault:
        return ("fault", fault.line, fault.what)
    if part is None:
        return None
    keys = part.keys.tolist()
    return part.topics, part.lengths, part.docids.to_pylist(), part.numbers.tolist(), keys


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=files())
def test_the_fast_reader_says_what_the_line_reader_says_or_nothing(text: str) -> None:
    fast = read_with(read_fast, text)
    assert fast is None or fast == read_with(read_lines, text)


def test_clean_files_take_the_fast_reader(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trec, "read_lines", lambda *_: pytest.fail("a clean file, line by line"))
    for text in (LINES, "# note\n" + LINES, LINES.replace(" ", "\t"), LINES.replace("\n", "\r\n")):
        assert len(read_run(write("a.trec", text))) == 2


docids = st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=20)
topics = docids.filter(lambda topic: not topic.startswith("#"))
scores = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(width=32, allow_nan=False, allow_infinity=False),
)
many = st.dictionaries(topics, st.dictionaries(docids, scores, min_size=1, max_size=5), min_size=1)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hits=many)
def test_what_is_written_is_read_again(hits: dict[str, dict[str, float]], tmp_path: Path) -> None:
    run = Run.from_rankings({topic: found.items() for topic, found in hits.items()}, "t")
    write_run(tmp_path / "a.trec", run)
    again = read_run(tmp_path / "a.trec")
    assert again.topic_ids == run.topic_ids
    assert again.docids.tolist() == run.docids.tolist()
    assert again.offsets.tolist() == run.offsets.tolist()
    with np.errstate(over="ignore"):
        assert np.float32(again.scores).tolist() == np.float32(run.scores).tolist()
        if (np.float32(run.scores) != run.scores).any():
            assert again.scores.tolist() == run.scores.tolist()


@pytest.mark.parametrize("docid", ["b", 'say"a"', "a,b", "'"])
def test_lines_are_written_as_trec_wants_them(tmp_path: Path, docid: str) -> None:
    hits = {"q1": [(docid, float(np.float32(0.1))), ("z", -2.0)], "q2": [("c", 15.0)]}
    write_run(tmp_path / "a.trec", Run.from_rankings(hits, tag="مسار"))
    written = (tmp_path / "a.trec").read_text(encoding="utf-8")
    lines = [line.split(" ") for line in written.splitlines()]
    assert [line[:4] for line in lines] == [
        ["q1", "Q0", docid, "1"],
        ["q1", "Q0", "z", "2"],
        ["q2", "Q0", "c", "1"],
    ]
    assert [float(line[4]) for line in lines] == [0.1, -2.0, 15.0]
    assert {line[5] for line in lines} == {"مسار"}


def test_many_topics_are_written_in_parts(tmp_path: Path) -> None:
    hits = {f"q{n}": [("a", 2.0), ("b", 1.0)][: 1 + n % 2] for n in range(1100)}
    write_run(tmp_path / "a.trec", Run.from_rankings(hits, tag="t"))
    assert rankings(read_run(tmp_path / "a.trec")) == hits


@pytest.mark.parametrize(
    ("topic", "docid", "tag", "fault"),
    [
        ("q 1", "d", "t", r"topic id 'q 1' holds white space"),
        ("#1", "d", "t", r"topic id '#1' begins with #"),
        ("q1", "d 1", "t", r"passage id 'd 1' holds white space"),
        ("q1", "d\u00a01", "t", r"passage id .* holds white space"),
        ("q1", "d\x1f1", "t", r"passage id .* holds white space"),
        ("q1", "", "t", r"empty passage id"),
        ("q1", "d", "my run", r"run id 'my run' holds white space"),
    ],
)
def test_ids_that_a_run_cannot_carry_are_refused(
    tmp_path: Path, topic: str, docid: str, tag: str, fault: str
) -> None:
    with pytest.raises(DataError, match=fault):
        write_run(tmp_path / "a.trec", Run.from_rankings({topic: [(docid, 1.0)]}, tag))
    assert list(tmp_path.iterdir()) == []


def test_a_run_without_topics_is_written_empty(tmp_path: Path) -> None:
    write_run(tmp_path / "a.trec", Run.from_rankings({"q": []}, tag="t"))
    assert (tmp_path / "a.trec").read_bytes() == b""
