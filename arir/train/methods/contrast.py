"""``method: contrast``: relevant pairs against in-batch and mined negatives."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from arir.data.lines import read_ids
from arir.data.mined import read_mined
from arir.data.passage_index import NONE
from arir.data.qrels import read_qrels
from arir.data.topics import read_all_topics
from arir.errors import DataError
from arir.train.config import ContrastConfig
from arir.train.dev import load_dev_set
from arir.train.methods.lists import ShortListWarning
from arir.train.places import Placed, place_texts
from arir.train.task import Task
from arir.train.texts import make_collator, mix_languages
from arir.train.together import GroupCollator, article_groups

if TYPE_CHECKING:
    import torch

    from arir.models.batches import Lists
    from arir.models.learner import Learner
    from arir.train.methods import OpenStudent

__all__ = ["prepare"]


def prepare(config: ContrastConfig, open_student: OpenStudent, scratch: Path) -> Task:
    """Pair queries with relevant passages and negatives, and tokenise.

    Raises:
        DataError: for unusable data, or where no pair has its texts.

    Warns:
        MissingTextWarning: where ids have no text.
        ShortListWarning: where queries have too few mined negatives.
    """
    held_out = frozenset() if config.held_out is None else read_ids(config.held_out)
    positives = _positives(config.qrels, held_out)
    negatives = _mined(config.mined)
    passages = {d: None for ids in (*positives.values(), *negatives.values()) for d in ids}
    topics = read_all_topics(config.topics)
    placed = place_texts(config, topics, list(positives), list(passages), config.qrels)
    places = dict(zip(passages, placed.passage.tolist(), strict=True))
    relevant = {
        int(place): frozenset(places[d] for d in ids) - {NONE}
        for place, ids in zip(placed.query, positives.values(), strict=True)
        if place != NONE
    }
    lists = _lists(config, positives, negatives, places, placed)
    student = open_student(placed.texts.everything)
    mixed = mix_languages(
        lists, placed.texts.languages, config.mixing, len(placed.texts.index), config.seed
    )
    collator = make_collator(student, mixed, placed.texts, scratch, relevant)
    rows = len(mixed)
    if config.together > 1:
        ids = _first_passages(mixed, places, len(placed.texts.index))
        groups = article_groups(ids, config.together, config.seed)
        collator, rows = GroupCollator(collator, groups), len(groups)
    return Task(
        student=student,
        objective=_objective(config, student.learner),
        rows=rows,
        unit="pairs" if config.together == 1 else "groups",
        collator=collator,
        facts={
            "labels": "hard",
            "temperature": config.softmax_temperature,
            "pairs": len(lists),
            "queries": len(np.unique(lists.query)),
            "passages": len(np.unique(lists.passages)),
            "mined negatives a query": config.hard_negatives if config.mined else 0,
            "held_out": len(held_out),
        },
        held_out=tuple(sorted(held_out)),
        dev=load_dev_set(config),
    )


def _first_passages(lists: Lists, places: dict[str, int], passages: int) -> list[str]:
    """The id of each example's relevant passage, in whatever language it is read."""
    ids = {place: docid for docid, place in places.items()}
    return [ids[place % passages] for place in lists.passages[:, 0].tolist()]


def _objective(config: ContrastConfig, learner: Learner) -> torch.nn.Module:
    from arir.train.objectives import ContrastObjective, TwoViewsObjective

    temperature = config.softmax_temperature
    if config.two_views:
        weights = (config.token_contrast, config.self_distil)
        return TwoViewsObjective(learner, temperature, *weights)
    return ContrastObjective(learner, temperature, config.symmetric)


def _positives(qrels: Path, held_out: frozenset[str]) -> dict[str, list[str]]:
    """The relevant passages of every query that has one and is not held out."""
    found = {
        query: [docid for docid, grade in grades.items() if grade > 0]
        for query, grades in read_qrels(qrels).items()
        if query not in held_out
    }
    positives = {query: docids for query, docids in found.items() if docids}
    if not positives:
        fix = "give judgments with grades above 0, or hold out fewer queries"
        raise DataError("no relevant pair is left to train on", where=qrels, fix=fix)
    return positives


def _mined(file: Path | None) -> dict[str, list[str]]:
    return {} if file is None else {m.query: list(m.negatives) for m in read_mined(file)}


def _lists(
    config: ContrastConfig,
    positives: dict[str, list[str]],
    negatives: dict[str, list[str]],
    places: dict[str, int],
    placed: Placed,
) -> Lists:
    """Every relevant pair, with mined negatives behind it."""
    from arir.models.batches import Lists

    generator = np.random.default_rng(config.seed)
    wanted = config.hard_negatives if config.mined else 0
    rows: list[tuple[int, list[int]]] = []
    short = 0
    for query, place in zip(positives, placed.query.tolist(), strict=True):
        found = [places[d] for d in positives[query] if places[d] != NONE]
        hard = [places[d] for d in negatives.get(query, []) if places[d] != NONE]
        if place == NONE or not found:
            continue
        if len(hard) < wanted:
            short += 1
            continue
        for positive in found:
            drawn = np.sort(generator.permutation(len(hard))[:wanted])
            rows.append((place, [positive, *(hard[at] for at in drawn)]))
    if not rows:
        raise DataError("no relevant pair is left to train on", where=config.qrels)
    if short:
        what = f"{config.mined}: {short:,} queries have fewer than {wanted} negatives, left out"
        warnings.warn(what, ShortListWarning, stacklevel=2)
    query_places, passage_places = zip(*rows, strict=True)
    shape = np.array(passage_places, np.int32)
    return Lists(np.array(query_places, np.int32), shape, np.zeros(shape.shape, np.float32))
