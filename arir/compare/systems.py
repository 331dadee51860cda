"""Read runs one after the other, measure them, and match them into systems by collection."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from arir.artefacts import sha256_of
from arir.compare.significance.common import Floats
from arir.data.qrels import Qrels, read_qrels
from arir.data.runs import Run, read_run
from arir.errors import EvaluationError
from arir.evaluate.inputs import qrels_notes, qrels_path, rising_rows, run_names, run_notes
from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import Measured, measure_run
from arir.evaluate.measures import Measure, parse_measure
from arir.evaluate.ranking import single_precision
from arir.progress import progress

__all__ = ["Judged", "MeasuredRun", "read_systems", "ties_at"]

JUDGED = parse_measure("Judged@10")


@dataclass(frozen=True)
class MeasuredRun:
    """What is kept of a run: values and facts, but not the hits.

    Attributes:
        topic_ids: all judged topics, sorted; values are aligned with them.
        ties: cut-off to the number of judged topics whose scores are equal on both sides of it.
        notes: oddities of the run that :mod:`arir.evaluate` found.
    """

    name: str
    path: Path
    tag: str
    topic_ids: tuple[str, ...]
    values: dict[str, Floats]
    missing: tuple[str, ...]
    unjudged_topics: tuple[str, ...]
    unjudged_share: float
    depth: int
    ties: dict[int, int]
    notes: tuple[str, ...]

    def measured(self) -> Measured:
        """The values as :mod:`arir.evaluate` gives them, for the per-query file."""
        return Measured(self.topic_ids, dict(self.values), self.missing, self.unjudged_topics)


@dataclass(frozen=True)
class Judged:
    """One collection: its qrels and the runs measured against them."""

    name: str
    path: Path
    qrels: Qrels
    notes: tuple[str, ...]
    runs: tuple[MeasuredRun, ...]


def read_systems(
    paths: Sequence[Path], qrels: Path | None, measures: Sequence[Measure]
) -> list[Judged]:
    """Measure every run, one in memory at a time, grouped by the content of its qrels.

    Within a collection all names differ. Over several collections a run's name is its file's, or
    its tag where that leaves fewer systems (``bm25.ar.trec`` and ``bm25.sw.trec``, both tagged
    ``bm25``, are one system).

    Raises:
        DataError: for an unusable run or qrels.
        EvaluationError: where a run shares no topic with its qrels, or no qrels are known for it.
    """
    groups = _by_qrels(paths, qrels)
    found = []
    for path, members in groups.items():
        judgments = Judgments.from_qrels(read_qrels(path))
        runs = [
            _measure(name, run, judgments, measures)
            for name, run in progress(
                list(zip(run_names(members), members, strict=True)), "measuring", unit="run"
            )
        ]
        notes = tuple(qrels_notes(path, judgments))
        found.append(Judged(_stem(path), path, judgments.qrels, notes, tuple(runs)))
    return _distinct(_matched(found)) if len(found) > 1 else found


def _by_qrels(paths: Sequence[Path], qrels: Path | None) -> dict[Path, list[Path]]:
    """Runs by qrels file; copies of the same qrels count as one."""
    known: dict[str, Path] = {}
    groups: dict[Path, list[Path]] = {}
    digests: dict[Path, str] = {}
    for run in paths:
        path = qrels_path(run, qrels)
        if path not in digests:
            digests[path] = sha256_of(path) if path.is_file() else str(path)
        groups.setdefault(known.setdefault(digests[path], path), []).append(run)
    return groups


def _stem(path: Path) -> str:
    """A collection's name.

    >>> _stem(Path("qrels/qrels.miracl-ar-dev.txt")), _stem(Path("arcd.qrels.txt.gz"))
    ('miracl-ar-dev', 'arcd')
    """
    parts = [part for part in path.name.split(".") if part not in {"gz", "txt", "tsv", "qrels"}]
    return ".".join(parts).removeprefix("qrels-").removeprefix("qrels_") or path.name


def _matched(found: list[Judged]) -> list[Judged]:
    """Name runs by tag where tags differ within each collection and leave fewer systems."""
    tags = [[run.tag for run in judged.runs] for judged in found]
    names = [[run.name for run in judged.runs] for judged in found]
    usable = all(len(set(one)) == len(one) for one in tags)
    if not usable or len(set().union(*tags)) >= len(set().union(*names)):
        return found
    return [
        replace(judged, runs=tuple(replace(run, name=run.tag) for run in judged.runs))
        for judged in found
    ]


def _distinct(found: list[Judged]) -> list[Judged]:
    """Name collections by their path where file names are the same."""
    names = [judged.name for judged in found]
    if len(set(names)) == len(names):
        return found
    return [replace(judged, name=judged.path.as_posix()) for judged in found]


def _measure(
    name: str, path: Path, judgments: Judgments, measures: Sequence[Measure]
) -> MeasuredRun:
    run = read_run(path)
    try:
        measured = measure_run(run, judgments, [*dict.fromkeys([*measures, JUDGED])])
    except EvaluationError as error:
        raise EvaluationError(error.what, where=path, fix=error.fix) from None
    order = np.argsort(np.array(measured.topic_ids, dtype=object), kind="stable")
    judged = measured.values[str(JUDGED)]
    there = np.isin(np.array(measured.topic_ids), np.array(measured.missing), invert=True)
    cutoffs = sorted({k for m in measures if (k := m.parameters.get("cutoff")) is not None})
    return MeasuredRun(
        name=name,
        path=path,
        tag=run.tag,
        topic_ids=tuple(measured.topic_ids[place] for place in order),
        values={str(measure): measured.values[str(measure)][order] for measure in measures},
        missing=measured.missing,
        unjudged_topics=measured.unjudged_topics,
        unjudged_share=float(1 - judged[there].mean()),
        depth=int(np.diff(run.offsets).max()),
        ties=ties_at(run, cutoffs, set(measured.topic_ids)),
        notes=tuple(run_notes(name, path, run, measured)),
    )


def ties_at(run: Run, cutoffs: Sequence[int], topics: set[str]) -> dict[int, int]:
    """How many of the topics have equal scores at ranks k and k + 1, for each cut-off k.

    Which of the tied hits count is then decided by their ids, not by the system. Scores are
    compared as trec_eval does, in single precision.

    >>> run = Run.from_rankings({"q1": [("a", 3.0), ("b", 2.0), ("c", 2.0)]}, tag="t")
    >>> ties_at(run, [1, 2], {"q1"})
    {1: 0, 2: 1}
    """
    scores = single_precision(run.scores)
    if len(rising_rows(run)):
        topic = np.repeat(np.arange(len(run)), np.diff(run.offsets))
        scores = scores[np.lexsort((-scores, topic))]
    wanted = np.array([topic in topics for topic in run.topic_ids], dtype=np.bool_)
    starts, stops = run.offsets[:-1][wanted], run.offsets[1:][wanted]
    counts = {}
    for cutoff in cutoffs:
        inside = starts[starts + cutoff < stops]
        counts[cutoff] = int((scores[inside + cutoff - 1] == scores[inside + cutoff]).sum())
    return counts
