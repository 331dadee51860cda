"""What belongs to a run: its qrels, its name, and what is odd about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from arir.artefacts import find_qrels
from arir.data.lines import numbered_lines
from arir.data.runs import Run
from arir.errors import DataError, EvaluationError
from arir.evaluate.judged import Ints
from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import Measured
from arir.evaluate.ranking import single_precision

__all__ = [
    "counted",
    "named",
    "qrels_notes",
    "qrels_path",
    "rising_notes",
    "rising_rows",
    "run_names",
    "run_notes",
]

SUFFIXES = (".gz", ".trec", ".run", ".txt", ".tsv", ".res")
#: topics that a message names
NAMED = 5


def qrels_path(run: Path, given: Path | None) -> Path:
    """The qrels that were given, or those that the run's side file names.

    Raises:
        DataError: where there is no such run, or its side file names qrels that have changed or
            are gone.
        EvaluationError: where neither names any.
    """
    if not run.is_file():  # before its side file is missed
        raise DataError("no such run", where=run, fix="check the path")
    found = given or find_qrels(run)
    if found is None:
        what = "no qrels are known for this run"
        raise EvaluationError(what, where=run, fix="name them with --qrels FILE")
    return found


def run_names(paths: Sequence[Path]) -> list[str]:
    """A short name for each run: its file name, or its path where file names are the same.

    >>> run_names([Path("a/bm25.trec"), Path("a/kd.trec.gz")])
    ['bm25', 'kd']
    >>> run_names([Path("ar/bm25.trec"), Path("sw/bm25.trec")])
    ['ar/bm25', 'sw/bm25']
    """
    short = [_stem(path) for path in paths]
    if len(set(short)) == len(short):
        return short
    whole = [path.with_name(name).as_posix() for path, name in zip(paths, short, strict=True)]
    return whole if len(set(whole)) == len(whole) else [path.as_posix() for path in paths]


def _stem(path: Path) -> str:
    name = path.name
    while any(name.endswith(suffix) and name != suffix for suffix in SUFFIXES):
        name = name.rpartition(".")[0]
    return name


def run_notes(name: str, path: Path, run: Run, measured: Measured) -> list[str]:
    """What a reader of the values must know of a run: topics that lack, scores out of order."""
    notes = []
    if measured.missing:
        share = f"{len(measured.missing)} of {len(measured.topic_ids)} judged topics"
        notes.append(f"{name} lacks {share}, which count 0: {named(measured.missing)}")
    if measured.unjudged_topics:
        count = counted(len(measured.unjudged_topics), "topic")
        names = named(measured.unjudged_topics)
        notes.append(f"{name} has {count} without judgments, left out: {names}")
    return notes + rising_notes(name, path, run)


def rising_notes(name: str, path: Path, run: Run) -> list[str]:
    """Where the scores of a run do not fall with its lines; nothing where they do."""
    rising = rising_rows(run)
    if len(rising) == 0:
        return []
    topics = np.unique(np.searchsorted(run.offsets, rising, side="right") - 1)
    line = _line_of(path, run, int(topics[0]), int(rising[0]))
    return [
        f"{name}: the score rises from one line to the next in "
        f"{counted(len(topics), 'topic')}, first at {path}:{line}; "
        "ranks are by score, as trec_eval has it"
    ]


def rising_rows(run: Run) -> Ints:
    """The hits whose score is above that of the hit before them in the same topic."""
    scores = single_precision(run.scores)
    rows = np.flatnonzero(scores[1:] > scores[:-1]) + 1
    return rows[~np.isin(rows, run.offsets)]


def _line_of(path: Path, run: Run, topic: int, row: int) -> int:
    wanted = [name.encode() for name in (run.topic_ids[topic], *run.ids_between(row, row + 1))]
    return next(
        number
        for number, line in numbered_lines(path)
        if not line.startswith("#") and line.encode().split()[:3:2] == wanted
    )


def qrels_notes(path: Path, judgments: Judgments) -> list[str]:
    """What a reader of the values must know of the qrels."""
    notes = []
    relevant = np.bincount(
        judgments.topic[judgments.grade >= 1], minlength=len(judgments.topic_ids)
    )
    without = [judgments.topic_ids[topic] for topic in np.flatnonzero(relevant == 0).tolist()]
    if without:
        share = f"{len(without)} of {len(judgments.topic_ids)} topics"
        what = "without a relevant passage, which count 0 for every run"
        notes.append(f"{path} has {share} {what}: {named(without)}")
    below = int((judgments.grade < 0).sum())
    if below:
        what = "below 0, read as pooled but not judged, as trec_eval has it"
        notes.append(f"{path} has {counted(below, 'grade')} {what}")
    return notes


def named(topics: Sequence[str]) -> str:
    """The first few topics of a list, and how many more there are.

    >>> named(["q1", "q2"]), named([f"q{n}" for n in range(7)])
    ('q1, q2', 'q0, q1, q2, q3, q4 and 2 more')
    """
    more = f" and {len(topics) - NAMED} more" if len(topics) > NAMED else ""
    return ", ".join(topics[:NAMED]) + more


def counted(number: int, noun: str) -> str:
    """A number with its noun, in the plural where it must be.

    >>> counted(1, "topic"), counted(2, "topic")
    ('1 topic', '2 topics')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"
