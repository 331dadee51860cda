"""``arir score-teacher``: check everything, score part after part, and seal the store."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.artefacts import describe_input
from arir.artefacts.atomic import refuse_existing
from arir.config import to_dict
from arir.data.collection import collection_files
from arir.data.score_store import seal_store
from arir.data.score_store_parts import Pairs, part_name, read_part, write_part
from arir.data.score_store_summary import Summary, spread_of
from arir.data.teacher import Teacher
from arir.errors import DataError, ModelError
from arir.progress import Bar, progress_bar
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.job import partial_folder, publish
from arir.score_teacher.scale import refuse_constant, warn_of_small_margins
from arir.score_teacher.scorers import Scorer
from arir.score_teacher.selectors import select_pairs
from arir.score_teacher.teachers import find_teacher, open_scorer
from arir.score_teacher.texts import PairTexts, join_texts

__all__ = ["ScoreReport", "score_teacher"]

#: settings that say where things lie, and not what the scores are; files count by content
PLACES = frozenset({"teacher", "topics", "corpus", "run", "qrels", "teacher_rows", "output"})
#: pairs between two moves of the bar, sorted by length together
STEP = 2_048
#: lists of a part by which the scale of all scores can be judged
ENOUGH = 20


@dataclass(frozen=True)
class ScoreReport:
    """What a scoring did.

    Attributes:
        output: the folder of the store.
        teacher: whose scores they are, and what a score is.
        summary: counts, range and spread of the scores.
        resumed: pairs that an earlier, interrupted run had scored.
        missing: selected pairs that were left out because an id has no text.
        missing_queries: distinct query ids without a text.
        missing_passages: distinct passage ids without a text.
        seconds: spent on scoring, without loading.
    """

    output: Path
    teacher: Teacher
    summary: Summary
    resumed: int
    missing: int
    missing_queries: int
    missing_passages: int
    seconds: float


def score_teacher(config: ScoreTeacherConfig) -> ScoreReport:
    """Score pairs with a teacher, into a store.

    Finished parts stay in ``OUTPUT.partial`` until the end; the same settings go on behind them,
    with the same result as without the interruption.

    Raises:
        ConfigError: where unfinished work of other settings lies there, naming what differs.
        DataError: for unusable data, where no pair has texts, or where nothing can be distilled.
        DependencyError: where the device is not there.
        ModelError: where the teacher cannot be opened, or gives a score that is not finite.
        OutputError: where the output exists or cannot be written.

    Warns:
        MissingIdWarning: where pairs are left out for want of a text.
        TeacherScoreWarning: where the scores' scale makes MarginMSE vanish.
    """
    refuse_existing(config.output, config.overwrite)
    collection_files(config.corpus)
    for role, file in config.inputs.items():
        if role != "corpus" and not file.is_file():
            raise DataError("no such file", where=file)
    found = find_teacher(config)
    texts = join_texts(select_pairs(config), config)
    inputs = {role: describe_input(file) for role, file in config.inputs.items()}
    job = _job(config, inputs, found.identity)
    with partial_folder(config.output, job, discard=config.overwrite) as folder:
        make = open_scorer(found, config)
        started = time.perf_counter()
        resumed, judged = _score_parts(folder, texts, make(texts, folder), config)
        seconds = time.perf_counter() - started
        summary = seal_store(
            folder, found.teacher, inputs=inputs, config=config, where=config.output
        )
        refuse_constant(summary.spread, config.output)
        if not judged:
            warn_of_small_margins(summary.spread, config.output)
        publish(folder, config.output)
    return ScoreReport(
        config.output,
        found.teacher,
        summary,
        resumed,
        texts.missing,
        texts.missing_queries,
        texts.missing_passages,
        seconds,
    )


def _job(
    config: ScoreTeacherConfig, inputs: dict[str, dict[str, str]], identity: dict[str, Any]
) -> dict[str, Any]:
    settings = to_dict(config)
    kept = {key: settings[key] for key in settings if key not in {*PLACES, "overwrite"}}
    return {
        **kept,
        **{role: entry["sha256"] for role, entry in inputs.items()},
        "teacher": identity,
    }


def _score_parts(
    folder: Path, texts: PairTexts, scorer: Scorer, config: ScoreTeacherConfig
) -> tuple[int, bool]:
    """Score what is not there yet.

    Returns:
        How many pairs were there, and whether the scale has been judged already.
    """
    resumed, judged = 0, False
    with progress_bar("scoring", total=len(texts), unit="pair") as bar:
        for number, start in enumerate(range(0, len(texts), config.part_pairs)):
            part = slice(start, start + config.part_pairs)
            query, passage = texts.query[part], texts.passage[part]
            path = folder / part_name(number)
            if _stands(path, texts, query, passage):
                resumed += len(query)
                bar.update(len(query))
                continue
            scores = _scored(scorer, texts, query, passage, bar)
            pairs = Pairs(texts.query_ids, texts.passage_ids, query, passage, scores)
            judged = judged or _check_first(pairs, config)
            write_part(path, pairs)
    return resumed, judged


def _stands(path: Path, texts: PairTexts, query: NDArray[Any], passage: NDArray[Any]) -> bool:
    """Whether a part of an earlier run is there and whole; what is not is scored again."""
    if not path.is_file():
        return False
    try:
        part = read_part(path)
    except DataError:
        return False
    asked = ((texts.query_ids, query), (texts.passage_ids, passage))
    there = ((part.query_ids, part.query), (part.passage_ids, part.passage))
    return all(
        [ids[place] for place in places.tolist()] == [own[place] for place in found.tolist()]
        for (ids, places), (own, found) in zip(asked, there, strict=True)
    )


def _scored(
    scorer: Scorer, texts: PairTexts, query: NDArray[Any], passage: NDArray[Any], bar: Bar
) -> NDArray[np.float32]:
    scores = np.empty(len(query), dtype=np.float32)
    for start in range(0, len(query), STEP):
        step = slice(start, start + STEP)
        scores[step] = scorer.score(query[step], passage[step])
        bar.update(len(scores[step]))
    for row in np.flatnonzero(~np.isfinite(scores))[:1].tolist():
        raise ModelError(
            f"the teacher's score of query {texts.query_ids[query[row]]} and passage"
            f" {texts.passage_ids[passage[row]]} is {scores[row]}, not finite",
            fix="score with --precision fp32",
        )
    return scores


def _check_first(pairs: Pairs, config: ScoreTeacherConfig) -> bool:
    """Speak of useless scores after the first of several parts, and not after days.

    Returns:
        Whether the part was large enough to judge by.
    """
    spread = spread_of(pairs.scores, pairs.starts)
    if spread.lists < ENOUGH:
        return False
    refuse_constant(spread, config.output)
    warn_of_small_margins(spread, config.output)
    return True
