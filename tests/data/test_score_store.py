"""A teacher-score store gives back what was written, and refuses what would mislead a training."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.data.score_store import ScoreStore, open_score_store, read_scores, write_scores
from arir.data.score_store_columns import ScoredList
from arir.data.score_store_lines import write_score_lines
from arir.data.score_store_summary import spread_of
from arir.data.teacher import Teacher
from arir.errors import DataError, OutputError

Write = Callable[[str, str], Path]
TEACHER = Teacher(
    name="org/teacher",
    revision="abc",
    family="cross-encoder",
    query_language="en",
    passage_language="ar",
    scale="logit",
    licence="mit",
)
LISTS: list[ScoredList] = [
    ("007", [("NA", 1.5), ("7", -2.25)]),
    ("سؤال", [("وثيقة", 0.125)]),
    ("7", [("NA", 3.0), ("01", 0.5), ("1", -1.0)]),
]

ids = st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C")), min_size=1, max_size=6)
scores = st.floats(width=32, allow_nan=False, allow_infinity=False)
scored = st.dictionaries(
    ids, st.dictionaries(ids, scores, min_size=1, max_size=5), min_size=1, max_size=8
)


def stored(path: Path, lists: list[ScoredList] = LISTS, **options: int) -> ScoreStore:
    return write_scores(path, lists, TEACHER, **options)  # type: ignore[arg-type]


@given(lists=scored, size=st.integers(1, 7))
def test_lists_come_back_in_order_wherever_parts_end(
    tmp_path_factory: pytest.TempPathFactory, lists: dict[str, dict[str, float]], size: int
) -> None:
    folder = tmp_path_factory.mktemp("s")
    given_lists = [(query, list(listed.items())) for query, listed in lists.items()]
    store = stored(folder / "x", given_lists, part_pairs=size)
    assert list(store.lists()) == given_lists
    columns = store.columns()
    flat = [(q, p, s) for q, listed in given_lists for p, s in listed]
    assert [columns.query_ids[place] for place in columns.query] == [row[0] for row in flat]
    assert [columns.passage_ids[place] for place in columns.passage] == [row[1] for row in flat]
    assert columns.scores.tolist() == [row[2] for row in flat]
    assert len(set(columns.query_ids)) == len(columns.query_ids) == len(lists)


def test_columns_are_small_numbers(tmp_path: Path) -> None:
    columns = stored(tmp_path / "s", part_pairs=2).columns()
    assert columns.query.dtype == columns.passage.dtype == np.int32
    assert columns.scores.dtype == np.float32
    assert columns.query_ids == ("007", "سؤال", "7")
    query_ids, _, query, _, _ = columns
    assert [query_ids[place] for place in query] == ["007", "007", "سؤال", "7", "7", "7"]


def test_manifest_says_whose_scores_and_on_which_scale(tmp_path: Path) -> None:
    store = stored(tmp_path / "s")
    told = store.manifest.properties
    assert store.manifest.kind == "teacher-scores"
    assert store.teacher == TEACHER
    assert (told["teacher"], told["scale"], told["family"]) == (
        "org/teacher",
        "logit",
        "cross-encoder",
    )
    assert (told["pairs"], told["queries"], told["passages"]) == (6, 3, 5)
    assert (told["minimum"], told["maximum"]) == (-2.25, 3.0)
    assert told["mean"] == pytest.approx(np.mean([1.5, -2.25, 0.125, 3.0, 0.5, -1.0]))
    assert len(store) == 6


def test_content_hash_does_not_depend_on_the_parts(tmp_path: Path) -> None:
    hashes = {
        stored(tmp_path / f"{n}", part_pairs=n).manifest.properties["contents"] for n in (1, 2, 9)
    }
    assert len(hashes) == 1
    changed = [*LISTS[:-1], ("7", [("NA", 3.0), ("01", 0.5), ("1", -1.5)])]
    assert stored(tmp_path / "c", changed).manifest.properties["contents"] not in hashes


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([("q", [("p", float("nan"))])], "query q and passage p is nan, not finite"),
        ([("q", [("p", 1e39)])], "query q and passage p is 1e"),
        ([("q", [("p", 1.0), ("p", 2.0)])], "query q and passage p have two scores, 1 and 2"),
        (
            [("q", [("p", 1.0)]), ("r", [("p", 1.0)]), ("q", [("s", 1.0)])],
            "query q stand in several",
        ),
        ([("a b", [("p", 1.0)])], "holds white space"),
        ([], "no pair was scored"),
    ],
)
def test_unsound_lists_are_refused_and_leave_nothing(
    tmp_path: Path, lists: list[ScoredList], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        stored(tmp_path / "s", lists)
    assert list(tmp_path.iterdir()) == []


def test_a_pair_given_twice_with_one_score_is_taken_once(tmp_path: Path) -> None:
    store = stored(tmp_path / "s", [("q", [("p", 1.0), ("r", 0.0), ("p", 1.0)])])
    assert list(store.lists()) == [("q", [("p", 1.0), ("r", 0.0)])]


def test_store_is_not_overwritten_unasked(tmp_path: Path) -> None:
    stored(tmp_path / "s")
    with pytest.raises(OutputError, match="already exists"):
        stored(tmp_path / "s")
    stored(tmp_path / "s", LISTS[:1], overwrite=True)
    assert list(open_score_store(tmp_path / "s").lists()) == LISTS[:1]


@pytest.mark.parametrize("damage", [b"", b"not parquet", None])
def test_damaged_part_is_named(tmp_path: Path, damage: bytes | None) -> None:
    """A flipped bit in a score would otherwise train on."""
    store = stored(tmp_path / "s", part_pairs=2)
    part = tmp_path / "s" / "part-00001.parquet"
    if damage is None:
        content = bytearray(part.read_bytes())
        content[len(content) // 2] ^= 1
        damage = bytes(content)
    part.write_bytes(damage)
    with pytest.raises(DataError, match=r"part-00001\.parquet: damaged part"):
        store.columns()
    lists = store.lists()
    with pytest.raises(DataError, match=r"part-00001\.parquet: damaged part"):
        list(lists)


def test_missing_part_is_named_when_the_store_is_opened(tmp_path: Path) -> None:
    stored(tmp_path / "s", part_pairs=2)
    (tmp_path / "s" / "part-00002.parquet").unlink()
    with pytest.raises(DataError, match=r"part-00002\.parquet: this part of the store is missing"):
        open_score_store(tmp_path / "s")


def test_other_folders_are_no_store(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no manifest, not finished teacher scores"):
        read_scores(tmp_path)
    (tmp_path / "manifest.json").write_text(json.dumps({"kind": "dense-index", "properties": {}}))
    with pytest.raises(DataError, match="holds a dense-index"):
        read_scores(tmp_path)


def test_lines_of_translate_distill_are_read(write: Write) -> None:
    """The released files carry MS MARCO's ids as numbers."""
    path = write("s.jsonl", '[1185869, [0, -0.5], [16, -3]]\n["007", ["NA", 1.5]]\n')
    write("s.jsonl.meta.yaml", "teacher: mt5xxl\nscale: log-probability\nquery_language: en\n")
    scores = read_scores(path)
    assert list(scores.lists()) == [
        ("1185869", [("0", -0.5), ("16", -3.0)]),
        ("007", [("NA", 1.5)]),
    ]
    assert scores.columns().passage_ids == ("0", "16", "NA")
    assert (scores.teacher.name, scores.teacher.query_language) == ("mt5xxl", "en")


def test_lines_without_a_side_file_are_of_an_unknown_teacher(write: Write) -> None:
    assert read_scores(write("s.jsonl", '["q", ["p", 1]]')).teacher == Teacher()


@pytest.mark.parametrize("name", ["s.jsonl", "s.jsonl.gz"])
def test_a_store_survives_the_lines(tmp_path: Path, name: str) -> None:
    values = [("q", [("p", float(np.float32(0.1))), ("r", float(np.float32(1e-30)))]), *LISTS]
    write_score_lines(tmp_path / "s.jsonl", stored(tmp_path / "s", values).lists(), TEACHER)
    path = tmp_path / "s.jsonl"
    assert path.read_text().splitlines()[0] == '["q", ["p", 0.1], ["r", 1e-30]]'
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(path.read_bytes()))
        (tmp_path / f"{name}.meta.yaml").write_bytes((tmp_path / "s.jsonl.meta.yaml").read_bytes())
    again = read_scores(tmp_path / name)
    assert again.teacher == TEACHER
    assert (
        again.columns().scores.tolist() == stored(tmp_path / "t", values).columns().scores.tolist()
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", r"s\.jsonl:2: malformed JSON"),
        ('{"q": 1}', r"s\.jsonl:2: expected a query id and its pairs"),
        ('["q"]', r"s\.jsonl:2: expected a query id and its pairs"),
        ('["q", ["p"]]', r's\.jsonl:2: \["p"\] is no pair'),
        ('["q", ["p", "1.0"]]', r"s\.jsonl:2: .*is no pair"),
        ('["q", ["p", true]]', r"s\.jsonl:2: .*is no pair"),
        ('["q", [1.5, 2]]', r"s\.jsonl:2: 1\.5 is no id"),
        ('["q", ["p", NaN]]', r"s\.jsonl: the score of query q and passage p is nan"),
        ('["q", ["", 1]]', "empty passage id"),
        ('["a", ["p", 1]]', "passages of query a stand in several places"),
    ],
)
def test_malformed_lines_are_named(write: Write, line: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        list(read_scores(write("s.jsonl", f'["a", ["p", 1]]\n{line}\n')).lists())


@pytest.mark.parametrize(
    ("name", "message"), [("no.jsonl", "no such file"), ("no", "no such file")]
)
def test_nothing_there_is_said(tmp_path: Path, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_scores(tmp_path / name)


def test_other_files_are_refused(write: Write) -> None:
    with pytest.raises(DataError, match=r"neither a folder nor \.jsonl"):
        read_scores(write("s.tsv", "x"))


@given(
    st.lists(st.lists(st.floats(-50, 50, width=32), min_size=1, max_size=5), min_size=1, max_size=5)
)
def test_spread_is_the_mean_squared_margin(lists: list[list[float]]) -> None:
    values = np.array([score for scores in lists for score in scores], dtype=np.float32)
    starts = np.cumsum([0, *map(len, lists)])[:-1]
    found = spread_of(values, starts)
    squares = [
        np.mean([(a - b) ** 2 for i, a in enumerate(s) for j, b in enumerate(s) if i != j])
        for s in lists
        if len(s) > 1
    ]
    expected = float(np.sqrt(np.mean(squares))) if squares else 0.0
    assert found.margin_deviation == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert found.lists == len(squares)
    assert found.constant == sum(len(s) > 1 and len(set(s)) == 1 for s in lists)
