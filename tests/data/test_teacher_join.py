"""The streaming join is the plain one, whatever lies where, and keeps nothing that rows add to."""

from __future__ import annotations

import gzip
import json
import tempfile
import tracemalloc
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data import blocks, flat_file, teacher_choice
from arir.data.teacher_join import (
    JoinedRows,
    MissingTextWarning,
    draw_queries,
    join_teacher_rows,
)
from arir.errors import DataError, OutputError

Row = tuple[float, float, str, str, str]
Texts = dict[str, str]
QUERIES = ["1", "007", "q-3", "سؤال"]
PASSAGES = [str(number) for number in range(9)]
TOPICS = {name: f"سؤال رقم {name}" for name in QUERIES}
COLLECTION = {name: f"نص المقطع {name}" for name in reversed(PASSAGES)}
ROWS: list[Row] = [
    (float(at), -0.5 * at, QUERIES[at % 4], PASSAGES[at * 5 % 9], PASSAGES[(at * 7 + 1) % 9])
    for at in range(40)
]


def write_rows(path: Path, rows: list[Row]) -> Path:
    text = "".join("\t".join(map(str, row)) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def write_collection(path: Path, texts: Texts) -> Path:
    lines = [
        json.dumps({"id": name, "contents": text}, ensure_ascii=False)
        for name, text in texts.items()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def join(
    folder: Path,
    rows: list[Row] = ROWS,
    texts: Texts = COLLECTION,
    topics: Texts = TOPICS,
    **settings: Any,
) -> JoinedRows:
    scores = write_rows(folder / settings.pop("name", "rows.tsv"), rows)
    corpora = settings.pop("corpora", None) or [write_collection(folder / "c.jsonl", texts)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingTextWarning)
        return join_teacher_rows(
            scores, topics=topics, corpora=corpora, scratch=folder / "scratch", **settings
        )


def as_rows(joined: JoinedRows) -> list[tuple[float, float, str, str, str]]:
    passages = list(joined.passage_texts())
    return [
        (high, low, joined.query_texts[query], passages[positive], passages[negative])
        for query, (positive, negative), (high, low) in zip(
            joined.query.tolist(), joined.passages.tolist(), joined.scores.tolist(), strict=True
        )
    ]


def plainly(rows: list[Row], texts: Texts = COLLECTION, topics: Texts = TOPICS) -> list[Row]:
    """The join as one would write it without a thought of memory."""
    return [
        (high, low, topics[query], texts[positive], texts[negative])
        for high, low, query, positive, negative in rows
        if query in topics and positive in texts and negative in texts
    ]


ids = st.sampled_from(PASSAGES)
numbers = st.integers(-40, 40).map(lambda number: number / 4)
some_rows = st.lists(
    st.tuples(numbers, numbers, st.sampled_from(QUERIES), ids, ids), min_size=1, max_size=30
)


@given(
    rows=some_rows,
    present=st.permutations(PASSAGES).flatmap(
        lambda order: st.integers(1, len(order)).map(lambda count: order[:count])
    ),
    asked=st.sets(st.sampled_from(QUERIES), min_size=1),
    block=st.integers(1, 200),
    chunk=st.integers(1, 7),
)
def test_the_join_is_the_plain_one_wherever_blocks_are_cut(
    rows: list[Row], present: list[str], asked: set[str], block: int, chunk: int
) -> None:
    texts = {name: COLLECTION[name] for name in present}
    topics = {name: TOPICS[name] for name in asked}
    expected = plainly(rows, texts, topics)
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks.read_blocks, "__defaults__", (block,))
        patch.setattr(flat_file, "CHUNK", chunk)
        if not expected:
            with pytest.raises(DataError, match=r"none of its .* rows joins"):
                join(Path(name), rows, texts, topics)
            return
        joined = join(Path(name), rows, texts, topics)
        assert as_rows(joined) == expected
    assert joined.rows_read == len(rows)
    assert joined.missing == len(rows) - len(expected)
    assert joined.missing_queries == len({row[2] for row in rows} - asked)
    named = {passage for row in rows for passage in row[3:]}
    assert joined.missing_passages == len(named - set(present))
    used = {text for row in expected for text in row[3:]}
    assert joined.passage_ids == tuple(name for name in present if texts[name] in used)
    assert sorted(joined.query_texts) == sorted({row[2] for row in expected})


def test_gzip_and_parts_of_the_collection_change_nothing(tmp_path: Path) -> None:
    half = len(COLLECTION) // 2
    parts = [dict(list(COLLECTION.items())[:half]), dict(list(COLLECTION.items())[half:])]
    corpora = [write_collection(tmp_path / f"{at}.jsonl", part) for at, part in enumerate(parts)]
    whole = join(tmp_path)
    packed = join(tmp_path, name="rows.tsv.gz", corpora=corpora)
    assert as_rows(packed) == as_rows(whole) == plainly(ROWS)
    assert packed.passage_ids == whole.passage_ids == tuple(COLLECTION)


def test_shapes_and_types_are_those_that_are_promised_and_read_only(tmp_path: Path) -> None:
    joined = join(tmp_path)
    arrays = (joined.query, joined.passages, joined.scores)
    assert [array.shape for array in arrays] == [(40,), (40, 2), (40, 2)]
    assert [array.dtype for array in arrays] == [np.int32, np.int32, np.float32]
    assert all(isinstance(array, np.memmap) for array in arrays)
    assert not any(array.flags.writeable for array in arrays)
    assert len(joined) == 40
    assert not list((tmp_path / "scratch").glob("read.*"))


def test_titles_come_first_when_asked_for(tmp_path: Path) -> None:
    passages = [{"id": name, "contents": text} for name, text in COLLECTION.items()]
    passages[2]["title"] = "عنوان"
    file = tmp_path / "titled.jsonl"
    file.write_text("".join(json.dumps(p, ensure_ascii=False) + "\n" for p in passages))
    name = passages[2]["id"]
    for with_title, text in ((True, f"عنوان\n{COLLECTION[name]}"), (False, COLLECTION[name])):
        joined = join(tmp_path, corpora=[file], with_title=with_title)
        texts = dict(zip(joined.passage_ids, joined.passage_texts(), strict=True))
        assert texts == COLLECTION | {name: text}


def test_the_head_of_the_file_is_taken_without_held_out_queries(tmp_path: Path) -> None:
    others = [row for row in ROWS if row[2] != "007"]
    assert as_rows(join(tmp_path, limit=7)) == plainly(ROWS[:7])
    joined = join(tmp_path, limit=7, leave_out={"007"})
    assert as_rows(joined) == plainly(others[:7])
    assert joined.rows_read == 7
    assert join(tmp_path, limit=1000, leave_out={"007"}).rows_read == len(others)


def test_nothing_is_read_behind_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks.read_blocks, "__defaults__", (64,))
    scores = write_rows(tmp_path / "bad.tsv", ROWS * 20)
    with scores.open("a") as file:
        file.write("no row\n")
    corpora = [write_collection(tmp_path / "c.jsonl", COLLECTION)]
    settings: dict[str, Any] = {"topics": TOPICS, "corpora": corpora, "scratch": tmp_path / "s"}
    assert len(join_teacher_rows(scores, limit=5, **settings)) == 5
    with pytest.raises(DataError, match=r"bad\.tsv:801: expected 5 columns"):
        join_teacher_rows(scores, **settings)


def test_passages_of_held_out_queries_are_gathered_from_the_whole_file(tmp_path: Path) -> None:
    rows = [row for row in ROWS if row[2] == "007"]
    joined = join(tmp_path, limit=2, leave_out={"007", "elsewhere"}, held_out_negatives=3)
    assert set(joined.held_out) == {"007"}
    query = joined.held_out["007"]
    assert query.positives == {row[3] for row in rows}
    first = list(dict.fromkeys(row[4] for row in rows))[:3]
    assert query.negatives == tuple(name for name in first if name not in query.positives)
    assert "007" not in joined.query_ids


def test_a_negative_comes_once_and_is_no_positive(tmp_path: Path) -> None:
    rows: list[Row] = [
        (1.0, 0.0, "1", "0", "2"),
        (1.0, 0.0, "1", "3", "2"),
        (1.0, 0.0, "1", "0", "3"),
        (1.0, 0.0, "1", "0", "4"),
        (1.0, 0.0, "007", "0", "4"),
    ]
    query = join(tmp_path, rows, leave_out={"1"}).held_out["1"]
    assert query.positives == {"0", "3"}
    assert query.negatives == ("2", "4")


def test_a_sample_is_in_file_order_and_the_seeds_alone(tmp_path: Path) -> None:
    rows = ROWS * 25
    rows = [(float(at), *row[1:]) for at, row in enumerate(rows)]
    first = join(tmp_path, rows, sample=100, seed=3, leave_out={"1"})
    taken = first.scores[:, 0].tolist()
    assert taken == sorted(set(taken))
    assert len(taken) == first.rows_read == 100
    assert "1" not in first.query_ids
    packed = join(tmp_path, rows, sample=100, seed=3, leave_out={"1"}, name="rows.tsv.gz")
    assert packed.scores[:, 0].tolist() == taken
    assert join(tmp_path, rows, sample=100, seed=4).scores[:, 0].tolist() != taken
    assert len(join(tmp_path, rows, sample=5000)) == len(rows)


def test_every_row_is_as_likely_in_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teacher_choice, "CHUNK", 7)
    draws, rows, size = 4000, 50, 20
    counts = np.zeros(rows)
    pairs = np.zeros((rows, rows))
    for seed in range(draws):
        choice = teacher_choice.SampledRows(size, rows=rows, seed=seed)
        mask = np.concatenate([choice.take(11), choice.take(0), choice.take(rows - 11)])
        assert mask.sum() == size
        assert choice.done
        counts += mask
        pairs += np.outer(mask, mask)
    share = size / rows
    deviation = np.sqrt(draws * share * (1 - share))
    assert np.abs(counts - draws * share).max() < 4.5 * deviation
    together = share * (size - 1) / (rows - 1)
    others = pairs[~np.eye(rows, dtype=bool)]
    deviation = np.sqrt(draws * together * (1 - together))
    assert np.abs(others - draws * together).max() < 5 * deviation


def test_a_limit_and_a_sample_exclude_each_other(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="a limit or a sample, not both"):
        join(tmp_path, limit=1, sample=1)


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    lines = "".join("\t".join(map(str, row)) + "\n" for row in ROWS)
    scores = tmp_path / "large.tsv"
    peaks = []
    for copies in (500, 5000):
        scores.write_text(lines * copies)
        corpora = [write_collection(tmp_path / "c.jsonl", COLLECTION)]
        tracemalloc.start()
        joined = join_teacher_rows(
            scores, topics=TOPICS, corpora=corpora, scratch=tmp_path / "s", sample=30 * copies
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(joined) == 30 * copies
    # 150,000 joined rows would take 3 MB; some blocks of text and chunks of rows take 20.
    assert peaks[1] < 24_000_000
    assert peaks[1] < peaks[0] * 4


def test_missing_texts_are_said(tmp_path: Path) -> None:
    rows = [*ROWS, (1.0, 0.0, "nobody", "0", "1"), (1.0, 0.0, "1", "77", "1")]
    scores = write_rows(tmp_path / "rows.tsv", rows)
    corpora = [write_collection(tmp_path / "c.jsonl", COLLECTION)]
    with pytest.warns(MissingTextWarning, match=r"2 of 42 rows .* 1 queries and 1 passages"):
        join_teacher_rows(scores, topics=TOPICS, corpora=corpora, scratch=tmp_path)


def test_a_join_of_nothing_names_ids_that_were_looked_for(tmp_path: Path) -> None:
    rows: list[Row] = [(2.0, 1.0, "en1", "x1", "x2"), (2.0, 0.0, "en2", "x1", "x3")]
    with pytest.raises(DataError) as caught:
        join(tmp_path, rows)
    assert "none of its 2 rows joins with" in str(caught.value)
    assert "query en1, en2 and passage x1, x2, x3" in str(caught.value)


def test_holding_out_every_query_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no row is left to train on; check --held-out"):
        join(tmp_path, leave_out=set(QUERIES))


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rows\.tsv: the file is empty"):
        join(tmp_path, [])


def test_a_passage_given_twice_is_named_with_both_lines(tmp_path: Path) -> None:
    corpora = [write_collection(tmp_path / f"{at}.jsonl", COLLECTION) for at in range(2)]
    with pytest.raises(DataError) as caught:
        join(tmp_path, corpora=corpora)
    assert str(caught.value).startswith(f"{corpora[1]}:1: passage id 8 is given twice")
    assert f"first at {corpora[0]}:1" in str(caught.value)


def test_a_collection_that_changed_meanwhile_is_refused(tmp_path: Path) -> None:
    joined = join(tmp_path)
    write_collection(tmp_path / "c.jsonl", dict(list(COLLECTION.items())[1:]))
    with pytest.raises(DataError, match="passage 8 is no longer where it was"):
        list(joined.passage_texts())
    write_collection(tmp_path / "c.jsonl", dict(list(COLLECTION.items())[:-1]))
    with pytest.raises(DataError, match="passage 0 is no longer where it was"):
        list(joined.passage_texts())


def test_a_scratch_folder_that_takes_no_files_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "scratch").write_text("a file")
    with pytest.raises(OutputError, match="cannot be written"):
        join(tmp_path)


def test_queries_are_drawn_by_the_seed_alone(write: Callable[[str, str], Path]) -> None:
    path = write_rows(write("rows.tsv", ""), ROWS)
    assert draw_queries(path, 2, seed=5) == draw_queries(path, 2, seed=5)
    drawn = {draw_queries(path, 2, seed=seed) for seed in range(30)}
    assert len(drawn) == 6
    assert all(pair == tuple(sorted(pair)) for pair in drawn)
    with pytest.raises(DataError, match="cannot hold out 4 of the 4 queries"):
        draw_queries(path, 4, seed=0)
