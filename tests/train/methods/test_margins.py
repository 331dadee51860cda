"""Triples meet their texts and the teacher's scores; held-out queries never do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arir.data.teacher_join import MissingTextWarning
from arir.errors import DataError
from arir.train.task import Task
from tests.train.material import PASSAGES, ROWS, TOPICS, settings, write_scores
from tests.train.preparing import Example, examples, prepared


def task_of(folder: Path, rows: Any = ROWS, **changes: Any) -> Task:
    config = settings(folder, **changes)
    write_scores(config.teacher_scores, rows)
    return prepared(config, folder / "scratch")


def read(task: Task) -> list[Example]:
    return examples(task, TOPICS, PASSAGES)


def expected(rows: list[tuple[float, float, str, str, str]]) -> list[Example]:
    return [Example(query, (pos, neg), (high, low)) for high, low, query, pos, neg in rows]


@pytest.fixture
def tiny(tiny_bi_encoder: Path) -> dict[str, str]:
    return {"student": str(tiny_bi_encoder)}


def test_every_row_gets_its_own_texts_and_scores(tmp_path: Path, tiny: dict[str, str]) -> None:
    task = task_of(tmp_path, **tiny)
    assert read(task) == expected(ROWS)
    assert (task.rows, task.unit) == (len(ROWS), "triples")
    assert (task.facts["queries"], task.facts["passages"], task.facts["missing"]) == (4, 5, 0)


def test_rows_without_a_text_are_left_out_and_counted(tmp_path: Path, tiny: dict[str, str]) -> None:
    rows = [
        *ROWS,
        (1.0, 0.0, "nobody", "p1", "p2"),
        (1.0, 0.0, "1", "p1", "7"),
        (1.0, 0.0, "1", "p99", "p1"),
        (1.0, 0.0, "1", "7", "p1"),
    ]
    with pytest.warns(MissingTextWarning, match="4 of 12 rows .* 1 queries and 2 passages"):
        task = task_of(tmp_path, rows, **tiny)
    assert read(task) == expected(ROWS)
    missing = ("missing", "missing_queries", "missing_passages")
    assert [task.facts[key] for key in missing] == [4, 1, 2]


def test_titles_are_put_first_when_asked_for(tmp_path: Path, tiny: dict[str, str]) -> None:
    task = task_of(tmp_path, **tiny, with_title=True)
    titled = {name: f"عنوان {name}\n{text}" for name, text in PASSAGES.items()}
    assert examples(task, TOPICS, titled) == expected(ROWS)


def test_the_head_of_the_file_is_taken_in_order(tmp_path: Path, tiny: dict[str, str]) -> None:
    assert read(task_of(tmp_path, **tiny, max_triples=3)) == expected(ROWS[:3])


def test_named_queries_are_held_out_before_rows_are_counted(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    held_out = tmp_path / "dev.tsv"
    held_out.write_text("1\tany text\nq3\n", encoding="utf-8")
    task = task_of(tmp_path, **tiny, held_out=str(held_out), max_triples=3)
    kept = [row for row in ROWS if row[2] not in {"1", "q3"}]
    assert read(task) == expected(kept[:3])
    assert task.held_out == ("1", "q3")


def test_a_number_of_queries_is_drawn_by_the_seed_alone(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    first = task_of(tmp_path, **tiny, held_out=2)
    assert len(first.held_out) == 2
    assert read(first) == expected([row for row in ROWS if row[2] not in first.held_out])
    assert task_of(tmp_path, **tiny, held_out=2, max_triples=1).held_out == first.held_out
    draws = {task_of(tmp_path, **tiny, held_out=2, seed=seed).held_out for seed in range(5)}
    assert len(draws) > 1


def test_held_out_queries_are_the_dev_set_with_their_own_passages(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    held_out = tmp_path / "dev.txt"
    held_out.write_text("01\nq3\n", encoding="utf-8")
    dev = task_of(tmp_path, **tiny, held_out=str(held_out), held_out_dev=True).dev
    assert dev is not None
    assert dict(dev.queries) == {name: TOPICS[name] for name in ("01", "q3")}
    assert {query: set(ids) for query, ids in dev.candidates.items()} == {
        "01": {"p2", "p1", "007"},
        "q3": {"NA", "007", "p3"},
    }
    assert dev.qrels == {"01": {"p2": 1}, "q3": {"NA": 1}}
    for ids in dev.candidates.values():
        assert all(dev.passages[docid] == PASSAGES[docid] for docid in ids)


def test_a_held_out_dev_set_without_any_text_is_refused(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    held_out = tmp_path / "dev.txt"
    held_out.write_text("lost\n", encoding="utf-8")
    rows = [*ROWS, (2.0, 1.0, "lost", "p1", "p2")]
    with pytest.raises(DataError, match=r"no query with candidates; check .* the held-out queries"):
        task_of(tmp_path, rows, **tiny, held_out=str(held_out), held_out_dev=True)


def test_more_than_there_is_cannot_be_held_out(tmp_path: Path, tiny: dict[str, str]) -> None:
    with pytest.raises(DataError, match="cannot hold out 4 of the 4 queries"):
        task_of(tmp_path, **tiny, held_out=4)


def test_holding_out_everything_is_refused(tmp_path: Path, tiny: dict[str, str]) -> None:
    held_out = tmp_path / "dev.txt"
    held_out.write_text("\n".join(TOPICS), encoding="utf-8")
    with pytest.raises(DataError, match="no row is left to train on; check --held-out"):
        task_of(tmp_path, **tiny, held_out=str(held_out))


def test_several_files_of_topics_are_one(tmp_path: Path, tiny: dict[str, str]) -> None:
    config = settings(tmp_path)
    more = tmp_path / "more.tsv"
    more.write_text(f"pseudo\tنهر\n1\t{TOPICS['1']}\n", encoding="utf-8")
    rows = [*ROWS, (3.0, 1.0, "pseudo", "p2", "p3")]
    task = task_of(tmp_path, rows, **tiny, topics=(*config.topics, more))
    last = examples(task, {**TOPICS, "pseudo": "نهر"}, PASSAGES)[-1]
    assert last == Example("pseudo", ("p2", "p3"), (3.0, 1.0))


def test_one_id_with_two_texts_is_refused(tmp_path: Path) -> None:
    config = settings(tmp_path)
    more = tmp_path / "more.tsv"
    more.write_text("1\tشيء آخر\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"more\.tsv: query 1 has another text"):
        task_of(tmp_path, topics=(*config.topics, more))


@pytest.mark.parametrize("loss", ["margin-mse", "margin-mse-l1", "bce"])
def test_twins_share_examples_and_order_and_differ_in_the_labels(
    tmp_path: Path, request: pytest.FixtureRequest, loss: str
) -> None:
    family = "cross" if loss == "bce" else "bi"
    student = str(request.getfixturevalue(f"tiny_{family}_encoder"))
    lengths = {"pair_length": 64} if loss == "bce" else {}
    made = {"student": student, "loss": loss, "sample_triples": 6, "held_out": 1, **lengths}
    kd = read(task_of(tmp_path / "kd", **made))
    nokd = read(task_of(tmp_path / "nokd", **made, labels="hard"))
    assert [(e.query, e.passages) for e in kd] == [(e.query, e.passages) for e in nokd]
    assert {e.labels for e in nokd} == {(1.0, 0.0)}
    assert len({e.labels for e in kd}) > 3
    if loss == "bce":
        targets = np.array([e.labels for e in kd])
        assert (targets.min(), targets.max()) == (0, 1)


def test_a_cross_encoder_reads_each_triple_as_two_pairs(
    tmp_path: Path, tiny_cross_encoder: Path
) -> None:
    task = task_of(tmp_path, student=str(tiny_cross_encoder), pair_length=90)
    collator: Any = task.collator
    batch = collator([2])
    tokenizer = task.student.learner.tokenizer
    high, low, query, *passages = ROWS[2]
    assert batch["labels"].tolist() == [[high, low]]
    rows = {
        place: ids[mask.bool()].tolist()
        for place, (ids, mask) in enumerate(
            pair
            for group in batch["groups"]
            for pair in zip(group["input_ids"], group["attention_mask"], strict=True)
        )
    }
    for place, passage in zip(batch["pairs"][0].tolist(), passages, strict=True):
        assert rows[place] == tokenizer(TOPICS[query], PASSAGES[passage])["input_ids"]


def test_prefixes_are_trained_with(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(tiny_bi_encoder), device="cpu")
    model.prompts = {"query": "query: ", "passage": "passage: "}
    model.save(str(tmp_path / "e5"), create_model_card=False)
    task = task_of(tmp_path, student=str(tmp_path / "e5"))
    collator: Any = task.collator
    for store, prefix in ((collator.queries, "query : "), (collator.passages, "passage : ")):
        for row in store.rows(range(len(store))):
            text = task.student.learner.tokenizer.decode(row, skip_special_tokens=True)
            assert text.startswith(prefix)
