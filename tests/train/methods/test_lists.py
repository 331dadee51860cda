"""Lists hold the teacher's passages and scores; the twin's hold what is relevant."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arir.data.teacher_join import MissingTextWarning
from arir.errors import DataError
from arir.losses.teacher_scores import TeacherScoreWarning
from arir.train.methods.lists import ShortListWarning
from arir.train.task import Task
from tests.train.material import LISTS, PASSAGES, RELEVANT, TOPICS, configured
from tests.train.preparing import Example, examples, prepared


@pytest.fixture
def tiny(tiny_bi_encoder: Path) -> dict[str, str]:
    return {"student": str(tiny_bi_encoder)}


def task_of(folder: Path, **changes: Any) -> Task:
    config = configured("lists", folder, **changes)
    return prepared(config, folder / "scratch")


def read(task: Task) -> list[Example]:
    return examples(task, TOPICS, PASSAGES)


def write_lists(path: Path, lists: dict[str, dict[str, float]]) -> Path:
    lines = [json.dumps([query, *map(list, own.items())]) for query, own in lists.items()]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def score(query: str, passage: str) -> float:
    return float(np.float32(LISTS[query][passage]))


@pytest.mark.parametrize("sampling", ["random", "top", "mixed"])
def test_every_passage_has_its_own_score(
    tmp_path: Path, tiny: dict[str, str], sampling: str
) -> None:
    task = task_of(tmp_path, **tiny, sampling=sampling, draws=5)
    found = read(task)
    assert (len(found), task.rows, task.unit) == (20, 20, "lists")
    for example in found:
        assert example.labels == tuple(score(example.query, name) for name in example.passages)
        assert len(set(example.passages)) == 4
        if sampling != "random":
            assert example.passages[0] == RELEVANT[example.query]
    assert [example.query for example in found] == [query for query in TOPICS for _ in range(5)]
    if sampling == "top":
        assert len({example.passages for example in found}) <= len(TOPICS)
    assert (task.facts["lists"], task.facts["queries"], task.facts["passages a list"]) == (20, 4, 4)


def test_draws_are_the_seeds_alone(tmp_path: Path, tiny: dict[str, str]) -> None:
    draws = [read(task_of(tmp_path, **tiny, seed=seed, nway=3)) for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_the_first_queries_are_taken(tmp_path: Path, tiny: dict[str, str]) -> None:
    found = read(task_of(tmp_path, **tiny, max_queries=2, draws=3))
    assert [example.query for example in found] == ["1"] * 3 + ["01"] * 3


def test_hard_labels_come_from_the_judgments(tmp_path: Path, tiny: dict[str, str]) -> None:
    hard = {"labels": "hard", "loss": "cross-entropy", "qrels": tmp_path / "qrels.txt"}
    task = task_of(tmp_path, **tiny, **hard, draws=4, nway=3)
    for example in read(task):
        assert example.passages[0] == RELEVANT[example.query]
        assert RELEVANT[example.query] not in example.passages[1:]
        assert example.labels == (1, 0, 0)
    assert task.facts["teacher"] == {}


def test_hard_labels_come_from_mined_passages(tmp_path: Path, tiny: dict[str, str]) -> None:
    hard = {"labels": "hard", "loss": "cross-entropy", "mined": tmp_path / "mined.jsonl"}
    task = task_of(tmp_path, **tiny, **hard, sampling="top", nway=3, teacher_scores=None)
    for example in read(task):
        negatives = [name for name in PASSAGES if name != RELEVANT[example.query]]
        assert example.passages == (RELEVANT[example.query], *negatives[:2])


def test_what_is_judged_relevant_is_no_mined_negative(tmp_path: Path, tiny: dict[str, str]) -> None:
    hard = {"labels": "hard", "loss": "cross-entropy", "mined": tmp_path / "mined.jsonl"}
    more = tmp_path / "more.txt"
    more.write_text("".join(f"{query} 0 p3 1\n" for query in TOPICS), encoding="utf-8")
    task = task_of(tmp_path, **tiny, **hard, qrels=more, draws=6, nway=3)
    firsts = {example.passages[0] for example in read(task)}
    assert firsts == {*RELEVANT.values(), "p3"}
    assert not any("p3" in example.passages[1:] for example in read(task))


@pytest.mark.parametrize("loss", ["margin-mse", "bce"])
def test_hard_labels_of_other_losses(tmp_path: Path, tiny: dict[str, str], loss: str) -> None:
    hard = {"labels": "hard", "loss": loss, "qrels": tmp_path / "qrels.txt", "nway": 3}
    found = read(task_of(tmp_path, **tiny, **hard, similarity="cosine"))
    assert {example.labels for example in found} == {(20 if loss == "margin-mse" else 1, 0, 0)}


@pytest.mark.parametrize("sampling", ["random", "top", "mixed"])
def test_judged_twins_share_lists_and_order_and_differ_in_the_labels(
    tmp_path: Path, tiny: dict[str, str], sampling: str
) -> None:
    shared = {"judged": True, "sampling": sampling, "nway": 3, "draws": 3}
    for source in ({"qrels": tmp_path / "qrels.txt"}, {"mined": tmp_path / "mined.jsonl"}):
        kd = read(task_of(tmp_path, **tiny, **shared, **source))
        hard = {"labels": "hard", "loss": "cross-entropy"}
        nokd = read(task_of(tmp_path, **tiny, **shared, **source, **hard))
        assert [(e.query, e.passages) for e in kd] == [(e.query, e.passages) for e in nokd]
        for example in kd:
            assert example.labels == tuple(score(example.query, name) for name in example.passages)
            assert example.passages[0] == RELEVANT[example.query]
        assert {example.labels for example in nokd} == {(1, 0, 0)}


def test_soft_targets_are_scaled_over_all_lists(tmp_path: Path, tiny: dict[str, str]) -> None:
    found = read(task_of(tmp_path, **tiny, loss="bce", nway=5))
    labels = np.array([example.labels for example in found])
    assert (labels.min(), labels.max()) == (0, 1)
    raw = np.array([[score(e.query, name) for name in e.passages] for e in found])
    expected = (raw - raw.min()) / (raw.max() - raw.min())
    np.testing.assert_allclose(labels, expected, atol=1e-6)


def test_queries_with_too_few_passages_are_left_out_and_counted(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    short = {**LISTS, "q3": dict(list(LISTS["q3"].items())[:3])}
    path = write_lists(tmp_path / "short.jsonl", short)
    with pytest.warns(ShortListWarning, match="1 queries have too few passages for lists of 4"):
        task = task_of(tmp_path, **tiny, teacher_scores=path, draws=2)
    assert {example.query for example in read(task)} == set(TOPICS) - {"q3"}
    assert task.facts["queries left out"] == 1


def test_no_query_with_enough_passages_is_refused(tmp_path: Path, tiny: dict[str, str]) -> None:
    with pytest.raises(DataError, match="no query has the 6 passages that a list needs; lower"):
        task_of(tmp_path, **tiny, nway=6)


def test_pairs_without_a_text_are_left_out_and_counted(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    more = {query: {**own, "p99": 50.0} for query, own in LISTS.items()}
    path = write_lists(tmp_path / "more.jsonl", {**more, "lost": LISTS["1"]})
    with pytest.warns(MissingTextWarning, match="1 queries and 1 passages that it names have no"):
        task = task_of(tmp_path, **tiny, teacher_scores=path, sampling="top")
    for example in read(task):
        assert example.labels == tuple(score(example.query, name) for name in example.passages)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ('["1", ["p1", NaN], ["p2", 1.0]]\n', "score of query 1 and passage p1 is nan, not fin"),
        ('["1", ["p1", 2.0], ["p1", 1.0]]\n', "query 1 and passage p1 have two scores, 2 and 1"),
        ('["1", ["p1"]]\n', r"bad\.jsonl:1: "),
        ("", r"bad\.jsonl: "),
    ],
)
def test_broken_scores_are_named_with_their_place(
    tmp_path: Path, tiny: dict[str, str], scores: str, message: str
) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(scores, encoding="utf-8")
    with pytest.raises(DataError, match=message):
        task_of(tmp_path, **tiny, teacher_scores=path)


def test_constant_scores_are_refused(tmp_path: Path, tiny: dict[str, str]) -> None:
    constant = {query: dict.fromkeys(own, 3.0) for query, own in LISTS.items()}
    path = write_lists(tmp_path / "constant.jsonl", constant)
    warnings.simplefilter("ignore", TeacherScoreWarning)  # pytest restores the filters
    with pytest.raises(DataError, match="the same within every list, so there is nothing to dist"):
        task_of(tmp_path, **tiny, teacher_scores=path)


def test_probabilities_bring_a_warning(tmp_path: Path, tiny: dict[str, str]) -> None:
    flat = {q: {p: 0.5 + s / 1000 for p, s in own.items()} for q, own in LISTS.items()}
    path = write_lists(tmp_path / "flat.jsonl", flat)
    with pytest.warns(TeacherScoreWarning, match=r"flat\.jsonl: .* the softmax is uniform"):
        task_of(tmp_path, **tiny, teacher_scores=path)


def test_other_lists_passages_stand_in_batch_but_for_what_is_relevant(
    tmp_path: Path, tiny: dict[str, str]
) -> None:
    qrels = tmp_path / "more.txt"
    qrels.write_text("1 0 p2 1\n1 0 p1 1\n", encoding="utf-8")
    task = task_of(tmp_path, **tiny, qrels=qrels, in_batch_weight=0.5, nway=2, sampling="top")
    collator: Any = task.collator
    batch = collator(range(task.rows))
    passages = collator.lists.passages
    columns = sorted(set(passages.reshape(-1).tolist()))
    names = [list(PASSAGES)[column] for column in columns]
    spared = {names[at] for at in np.flatnonzero(batch["false_negatives"][0])}
    assert spared == {"p1", "p2"} - {names[int(batch["positives"][0])]}
