"""Relevant pairs with the negatives asked for; nothing that answers a query is its negative."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arir.data.teacher_join import MissingTextWarning
from arir.errors import DataError
from arir.train.methods.lists import ShortListWarning
from arir.train.task import Task
from tests.train.material import ENGLISH, PASSAGES, RELEVANT, TOPICS, configured
from tests.train.preparing import Example, examples, prepared


@pytest.fixture
def tiny(tiny_bi_encoder: Path) -> dict[str, str]:
    return {"student": str(tiny_bi_encoder)}


def task_of(folder: Path, **changes: Any) -> Task:
    config = configured("contrast", folder, **changes)
    return prepared(config, folder / "scratch")


def pairs(task: Task, *collections: dict[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    found: list[Example] = examples(task, TOPICS, *(collections or (PASSAGES,)))
    return [(example.query, example.passages) for example in found]


def test_every_relevant_pair_is_an_example(tmp_path: Path, tiny: dict[str, str]) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p1 2\n1 0 p2 1\n1 0 p3 0\nq3 0 NA 1\nq4 0 007 0\n", encoding="utf-8")
    task = task_of(tmp_path, **tiny, qrels=qrels)
    assert pairs(task) == [("1", ("p1",)), ("1", ("p2",)), ("q3", ("NA",))]
    assert (task.rows, task.unit, task.facts["queries"]) == (3, "pairs", 2)


def test_held_out_queries_are_not_trained_on(tmp_path: Path, tiny: dict[str, str]) -> None:
    held_out = tmp_path / "dev.tsv"
    held_out.write_text("01\tany text\nq4\nunknown\n", encoding="utf-8")
    task = task_of(tmp_path, **tiny, held_out=held_out)
    assert [query for query, _ in pairs(task)] == ["1", "q3"]
    assert task.held_out == ("01", "q4", "unknown")


def test_mined_negatives_follow_the_relevant_passage(tmp_path: Path, tiny: dict[str, str]) -> None:
    mined = {"mined": tmp_path / "mined.jsonl", "hard_negatives": 3}
    first, again, other = (task_of(tmp_path, **tiny, **mined, seed=seed) for seed in (1, 1, 2))
    for query, (positive, *negatives) in pairs(first):
        assert positive == RELEVANT[query]
        assert len(set(negatives)) == 3
        assert positive not in negatives
    assert pairs(first) == pairs(again) != pairs(other)


def test_queries_with_too_few_negatives_are_left_out(tmp_path: Path, tiny: dict[str, str]) -> None:
    mined = tmp_path / "few.jsonl"
    lines = [
        {"query": query, "positives": [best], "negatives": ["p3"] if query == "1" else ["p3", "p2"]}
        for query, best in RELEVANT.items()
        if query != "01"
    ]
    mined.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    with pytest.warns(ShortListWarning, match="2 queries have fewer than 2 negatives, left out"):
        task = task_of(tmp_path, **tiny, mined=mined, hard_negatives=2)
    assert [query for query, _ in pairs(task)] == ["q3", "q4"]


def false_negatives(task: Task, collections: list[dict[str, str]]) -> list[set[str]]:
    """What each example of one batch of all spares, by the passages' ids."""
    collator: Any = task.collator
    batch = collator(range(task.rows))
    columns = sorted(set(collator.lists.passages.reshape(-1).tolist()))
    ids = [
        f"{name}@{number}" if number else name
        for number, texts in enumerate(collections)
        for name in texts
    ]
    used = sorted({name for _, own in pairs(task, *collections) for name in own}, key=ids.index)
    assert len(used) == len(columns)
    return [{used[at] for at in np.flatnonzero(row)} for row in batch["false_negatives"].numpy()]


def test_all_that_answers_a_query_is_spared(tmp_path: Path, tiny: dict[str, str]) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p1 1\n1 0 p2 1\n01 0 p2 1\nq3 0 NA 1\nq3 0 p3 1\n", encoding="utf-8")
    task = task_of(tmp_path, **tiny, qrels=qrels)
    assert pairs(task) == [
        ("1", ("p1",)),
        ("1", ("p2",)),
        ("01", ("p2",)),
        ("q3", ("NA",)),
        ("q3", ("p3",)),
    ]
    assert false_negatives(task, [PASSAGES]) == [{"p2"}, {"p1"}, set(), {"p3"}, {"NA"}]


def test_a_relevant_passage_is_spared_in_every_language(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p1 1\n01 0 p1 1\nq3 0 NA 1\n", encoding="utf-8")
    english = tmp_path / "english.jsonl"
    task = task_of(tmp_path, **tiny, qrels=qrels, translations=english, mixing="round-robin")
    both = [PASSAGES, ENGLISH]
    assert pairs(task, *both) == [
        ("1", ("p1",)),
        ("01", ("p1",)),
        ("q3", ("NA",)),
        ("1", ("p1@1",)),
        ("01", ("p1@1",)),
        ("q3", ("NA@1",)),
    ]
    assert false_negatives(task, both) == [
        {"p1@1"},
        {"p1@1"},
        {"NA@1"},
        {"p1"},
        {"p1"},
        {"NA"},
    ]


def test_a_mined_negative_that_is_judged_relevant_is_spared(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p1 1\n1 0 p3 1\n01 0 p2 1\n", encoding="utf-8")
    mined = {"mined": tmp_path / "mined.jsonl", "hard_negatives": 4}
    task = task_of(tmp_path, **tiny, qrels=qrels, **mined)
    assert false_negatives(task, [PASSAGES]) == [{"p3"}, {"p1"}, set()]


def test_ids_without_a_text_are_left_out_and_counted(tmp_path: Path, tiny: dict[str, str]) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p1 1\n1 0 x 1\nlost 0 p1 1\n01 0 x 1\n", encoding="utf-8")
    with pytest.warns(MissingTextWarning, match="1 queries and 1 passages"):
        task = task_of(tmp_path, **tiny, qrels=qrels)
    assert pairs(task) == [("1", ("p1",))]


@pytest.mark.parametrize(
    ("qrels", "message"),
    [
        ("1 0 p1 0\n", "no relevant pair is left to train on; give judgments with grades above 0"),
        ("a 0 b 1\n", "no query that it names has a text; not found are a"),
        ("1 0 b 1\n", "no passage that it names has a text; not found are b"),
    ],
)
def test_judgments_that_lead_nowhere_are_refused(
    tmp_path: Path, tiny: dict[str, str], qrels: str, message: str
) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(qrels, encoding="utf-8")
    with pytest.raises(DataError, match=rf"bad\.txt: {message}"):
        task_of(tmp_path, **tiny, qrels=path)


def test_pairs_that_all_lack_a_text_are_refused(tmp_path: Path, tiny: dict[str, str]) -> None:
    path = tmp_path / "bad.txt"
    path.write_text("1 0 x 1\nb 0 p1 1\n", encoding="utf-8")
    warnings.simplefilter("ignore", MissingTextWarning)  # pytest restores the filters
    with pytest.raises(DataError, match=r"bad\.txt: no relevant pair is left to train on"):
        task_of(tmp_path, **tiny, qrels=path)


def test_the_temperature_is_that_of_the_family_and_stated(
    tmp_path: Path, tiny: dict[str, str], tiny_late_interaction: Path
) -> None:
    assert task_of(tmp_path, **tiny).facts["temperature"] == 0.05
    late = task_of(tmp_path, student=str(tiny_late_interaction), query_length=20)
    assert late.facts["temperature"] == 1
    assert late.objective.temperature == 1


def test_queries_of_one_article_share_a_batch(tmp_path: Path, tiny: dict[str, str]) -> None:
    task = task_of(tmp_path, **tiny, together=2)
    alone = task_of(tmp_path, **tiny)
    assert (task.unit, task.rows) == ("groups", (alone.rows + 1) // 2)
    batch = task.collator(range(task.rows))
    assert len(batch["query"]) == alone.rows


def test_token_vectors_take_part_where_the_settings_say_so(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    kinds = [
        type(task_of(tmp_path, **tiny, **changes).objective).__name__
        for changes in ({}, {"token_contrast": 1}, {"self_distil": 1})
    ]
    assert kinds == ["ContrastObjective", "TwoViewsObjective", "TwoViewsObjective"]
