"""Prepare a training without running it, and read the examples back out of its token ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from arir.train.config import StudentConfig
from arir.train.methods import preparation
from arir.train.student import open_student, plan_student
from arir.train.task import Task


def prepared(config: Any, scratch: Path) -> Task:
    """What the method hands to the loop."""
    assert isinstance(config, StudentConfig)
    scratch.mkdir(parents=True, exist_ok=True)
    spec = plan_student(config)
    known = replace(config, family=spec.family)

    def opened(texts: Callable[[], Iterable[str]]) -> Any:
        return open_student(known, spec, torch.device("cpu"), texts, scratch)

    method: str = known.method  # type: ignore[attr-defined]  # every method's settings have it
    return preparation(method)(known, opened, scratch)


@dataclass(frozen=True)
class Example:
    """A training example in ids of the material."""

    query: str
    passages: tuple[str, ...]
    labels: tuple[float, ...]


def examples(
    task: Task, topics: Mapping[str, str], *collections: Mapping[str, str]
) -> list[Example]:
    """The examples of a ranking method; passages of further collections are called ``id@1``."""
    collator: Any = task.collator
    student = task.student
    special = student.spec.pair_length is None
    length = student.spec.pair_length or student.spec.passage_length

    def tokens(text: str) -> tuple[int, ...]:
        ids = student.learner.tokenizer(
            text, add_special_tokens=special, truncation=True, max_length=length
        )["input_ids"]
        return tuple(ids)

    queries = {tokens(student.prepare_query(text)): name for name, text in topics.items()}
    passages = {
        tokens(student.prepare_passage(text)): f"{name}@{number}" if number else name
        for number, collection in enumerate(collections)
        for name, text in collection.items()
    }
    lists = collator.lists
    return [
        Example(
            queries[tuple(collator.queries.rows([query])[0])],
            tuple(passages[tuple(row)] for row in collator.passages.rows(places)),
            tuple(labels),
        )
        for query, places, labels in zip(
            lists.query.tolist(), lists.passages.tolist(), lists.labels.tolist(), strict=True
        )
    ]
