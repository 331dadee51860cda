"""``method: lists``: several passages a query, with a teacher's scores or hard labels."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.data.mined import read_mined
from arir.data.passage_index import NONE
from arir.data.qrels import read_qrels
from arir.data.score_store import read_scores
from arir.data.topics import read_all_topics
from arir.errors import DataError
from arir.train.config import ListsConfig
from arir.train.dev import load_dev_set
from arir.train.facts import teacher_facts
from arir.train.places import Placed, place_texts
from arir.train.sampling import hard_list, scored_list
from arir.train.task import Task
from arir.train.texts import make_collator, mix_languages

if TYPE_CHECKING:
    from arir.models.batches import Lists
    from arir.train.methods import OpenStudent

__all__ = ["ShortListWarning", "prepare"]


class ShortListWarning(UserWarning):
    """Some queries have too few passages for a list, and are left out."""


@dataclass(frozen=True)
class _Pool:
    """What lists are drawn from: pairs by query, in places of ``Placed``."""

    query_ids: tuple[str, ...]
    passage_ids: tuple[str, ...]
    query: NDArray[np.int32]
    passage: NDArray[np.int32]
    scores: NDArray[np.float32]

    def queries(self) -> Iterator[tuple[int, NDArray[np.int64]]]:
        """Each query's code and the rows of its pairs."""
        order = np.argsort(self.query, kind="stable")
        bounds = np.flatnonzero(np.diff(self.query[order])) + 1
        for rows in np.split(order, bounds):
            if len(rows):
                yield int(self.query[rows[0]]), rows


def prepare(config: ListsConfig, open_student: OpenStudent, scratch: Path) -> Task:
    """Draw lists, join them with texts, and tokenise.

    Raises:
        DataError: for unusable data, or where no query has enough passages.

    Warns:
        MissingTextWarning: where ids have no text.
        ShortListWarning: where queries have too few passages.
        TeacherScoreWarning: where scores teach little at this temperature.
    """
    from arir.train.kernels import make_kernel
    from arir.train.objectives import ListObjective

    pool, source = _pool(config)
    topics = read_all_topics(config.topics)
    placed = place_texts(config, topics, pool.query_ids, pool.passage_ids, source)
    relevant = _relevant(config, pool, placed)
    lists, short = _draw(config, pool, placed, relevant, source)
    _check_labels(config, lists)
    student = open_student(placed.texts.everything)
    mixed = mix_languages(
        lists, placed.texts.languages, config.mixing, len(placed.texts.index), config.seed
    )
    kernel = make_kernel(config.loss, config.student_temperature, config.teacher_temperature)
    in_batch = relevant if config.in_batch_weight else None
    return Task(
        student=student,
        objective=ListObjective(student.learner, kernel, config.in_batch_weight),
        rows=len(mixed),
        unit="lists",
        collator=make_collator(student, mixed, placed.texts, scratch, in_batch),
        facts=_facts(config, lists, placed, short),
        dev=load_dev_set(config),
    )


def _pool(config: ListsConfig) -> tuple[_Pool, Path]:
    if config.labels == "hard" and config.mined is not None and not config.judged:
        return _mined_pool(config.mined), config.mined
    path = config.teacher_scores
    if path is None:  # the settings were checked; this tells the type checker
        raise DataError("no teacher scores are given", fix="give --teacher-scores")
    columns = read_scores(path).columns()
    return _Pool(*columns), path


def _mined_pool(path: Path) -> _Pool:
    """Mined passages as pairs: positives score 1 and negatives 0, the hardest first."""
    queries: dict[str, int] = {}
    passages: dict[str, int] = {}
    rows: list[tuple[int, int, float]] = []
    for mined in read_mined(path):
        query = queries.setdefault(mined.query, len(queries))
        for ids, score in ((mined.positives, 1.0), (mined.negatives, 0.0)):
            rows += [(query, passages.setdefault(i, len(passages)), score) for i in ids]
    if not rows:
        raise DataError("the file names no query", where=path)
    query_codes, passage_codes, scores = zip(*rows, strict=True)
    return _Pool(
        tuple(queries),
        tuple(passages),
        np.array(query_codes, np.int32),
        np.array(passage_codes, np.int32),
        np.array(scores, np.float32),
    )


def _relevant(config: ListsConfig, pool: _Pool, placed: Placed) -> dict[int, frozenset[int]]:
    """Places of relevant passages by the place of the query."""
    relevant: dict[str, set[str]] = {}
    if config.qrels is not None:
        for query, grades in read_qrels(config.qrels).items():
            relevant[query] = {passage for passage, grade in grades.items() if grade > 0}
    if config.mined is not None:
        for mined in read_mined(config.mined):
            relevant.setdefault(mined.query, set()).update(mined.positives)
    passages = dict(zip(pool.passage_ids, placed.passage.tolist(), strict=True))
    return {
        place: frozenset(passages.get(passage, NONE) for passage in relevant[query]) - {NONE}
        for query, place in zip(pool.query_ids, placed.query.tolist(), strict=True)
        if place != NONE and query in relevant
    }


def _draw(
    config: ListsConfig,
    pool: _Pool,
    placed: Placed,
    relevant: dict[int, frozenset[int]],
    source: Path,
) -> tuple[Lists, int]:
    """The lists, and how many queries have too few passages for one."""
    from arir.models.batches import Lists

    generator = np.random.default_rng(config.seed)
    queries: list[int] = []
    drawn: list[NDArray[np.int32]] = []
    labels: list[NDArray[np.float32]] = []
    short = 0
    for code, rows in pool.queries():
        query = int(placed.query[code])
        if query == NONE or len(drawn) >= (config.max_queries or len(pool.query)) * config.draws:
            continue
        rows = rows[placed.passage[pool.passage[rows]] != NONE]
        places, scores = placed.passage[pool.passage[rows]], pool.scores[rows]
        choices = [
            _choose(config, places, scores, relevant.get(query), generator)
            for _ in range(config.draws)
        ]
        for chosen in choices:
            if chosen is None:
                short += 1
                break
            queries.append(query)
            drawn.append(places[chosen])
            labels.append(_labels(config, scores[chosen]))
    if not drawn:
        what = f"no query has the {config.nway} passages that a list needs"
        raise DataError(what, where=source, fix="lower --nway, or give more passages a query")
    if short:
        warnings.warn(
            f"{source}: {short:,} queries have too few passages for lists of {config.nway}"
            " and are left out",
            ShortListWarning,
            stacklevel=2,
        )
    return Lists(np.array(queries, np.int32), np.stack(drawn), np.stack(labels)), short


def _choose(
    config: ListsConfig,
    places: NDArray[np.int32],
    scores: NDArray[np.float32],
    relevant: frozenset[int] | None,
    generator: np.random.Generator,
) -> NDArray[np.int64] | None:
    if config.labels == "teacher" and not config.judged:
        if len(scores) < config.nway:
            return None
        return scored_list(scores, config.nway, config.sampling, generator)
    hits = np.isin(places, list(relevant or ()))
    order = np.argsort(-scores, kind="stable")
    positives, negatives = order[hits[order]], order[~hits[order]]
    if not len(positives) or len(negatives) < config.nway - 1:
        return None
    return hard_list(positives, negatives, config.nway, config.sampling, generator)


def _labels(config: ListsConfig, scores: NDArray[np.float32]) -> NDArray[np.float32]:
    if config.labels == "teacher":
        return scores
    row = np.zeros(len(scores), np.float32)
    row[0] = config.score_scale if config.loss == "margin-mse" else 1.0
    return row


def _check_labels(config: ListsConfig, lists: Lists) -> None:
    """Look at the teacher's scores once; for bce bring them between 0 and 1, in place."""
    if config.labels == "hard":
        return
    import torch

    from arir.losses.teacher_scores import check_teacher_scores

    scores = torch.from_numpy(lists.labels)
    check_teacher_scores(
        scores, temperature=config.teacher_temperature, where=config.teacher_scores
    )
    if bool((scores == scores[:, :1]).all()):
        what = "the teacher's scores are the same within every list, so there is nothing to distil"
        raise DataError(what, where=config.teacher_scores, fix="score the passages again")
    if config.loss == "bce":
        low, high = lists.labels.min(), lists.labels.max()
        lists.labels[:] = (lists.labels - low) / (high - low)


def _facts(config: ListsConfig, lists: Lists, placed: Placed, short: int) -> dict[str, Any]:
    teacher = {}
    if config.labels == "teacher" and config.teacher_scores is not None:
        teacher = teacher_facts(read_scores(config.teacher_scores).teacher)
    return {
        "labels": config.labels,
        "teacher": teacher,
        "lists": len(lists),
        "passages a list": config.nway,
        "queries": len(np.unique(lists.query)),
        "passages": len(np.unique(lists.passages)),
        "queries left out": short,
        "languages": placed.texts.languages,
    }
