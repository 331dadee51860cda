"""``arir evaluate``: measure runs one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arir.artefacts.atomic import check_writable
from arir.data.qrels import read_qrels
from arir.data.runs import read_run
from arir.errors import ArirError, EvaluationError
from arir.evaluate.config import EvaluateConfig
from arir.evaluate.inputs import qrels_notes, qrels_path, run_names, run_notes
from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import Measured, measure_run
from arir.evaluate.measures import Measure, parse_measures
from arir.evaluate.per_query import write_per_query

__all__ = ["EvaluateReport", "RunReport", "evaluate"]


@dataclass(frozen=True)
class RunReport:
    """What measuring one run gave.

    Attributes:
        name: a short name, different from those of the other runs.
        tag: the run's own name, in its last column.
        qrels: the judgments that it was measured against.
        measured: values per topic, missing and unjudged topics.
        aggregates: the text of each measure to its mean over all judged topics (counts: the sum).
    """

    name: str
    path: Path
    tag: str
    qrels: Path
    measured: Measured
    aggregates: dict[str, float]


@dataclass(frozen=True)
class EvaluateReport:
    """What measuring runs gave, and what a reader of the values must know."""

    measures: tuple[Measure, ...]
    runs: tuple[RunReport, ...]
    notes: tuple[str, ...]


def evaluate(config: EvaluateConfig) -> EvaluateReport:
    """Measure runs, one in memory at a time.

    Raises:
        DataError: for an unusable run or qrels.
        EvaluationError: where a run and its qrels share no topic, or no qrels are known for it.
        OutputError: where the per-query file cannot be written.
    """
    measures = parse_measures(config.measure)
    if config.per_query is not None:
        check_writable(config.per_query)
    qrels: dict[Path, Judgments] = {}
    reports, notes = [], []
    for name, path in zip(run_names(config.runs), config.runs, strict=True):
        judged = qrels_path(path, config.qrels)
        if judged not in qrels:
            qrels[judged] = Judgments.from_qrels(read_qrels(judged))
            notes += qrels_notes(judged, qrels[judged])
        report, remarks = _evaluate_one(name, path, judged, qrels[judged], measures)
        reports.append(report)
        notes += remarks
    if config.per_query is not None:
        write_per_query(config.per_query, {report.name: report.measured for report in reports})
    return EvaluateReport(measures, tuple(reports), (*notes, *_equal_runs(reports)))


def _equal_runs(reports: Sequence[RunReport]) -> list[str]:
    """Runs that may be one system under two names."""
    return [
        f"{one.name} and {other.name} have the same value on every topic under every measure"
        for one, other in itertools.combinations(reports, 2)
        if one.qrels == other.qrels
        and all(
            np.array_equal(values, other.measured.values[measure])
            for measure, values in one.measured.values.items()
        )
    ]


def _evaluate_one(
    name: str, path: Path, qrels: Path, judgments: Judgments, measures: tuple[Measure, ...]
) -> tuple[RunReport, list[str]]:
    run = read_run(path)
    try:
        measured = measure_run(run, judgments, measures)
    except EvaluationError as error:
        raise _placed(error, path, qrels) from None
    values = measured.values
    aggregates = {str(measure): measure.aggregate(values[str(measure)]) for measure in measures}
    report = RunReport(name, path, run.tag, qrels, measured, aggregates)
    return report, run_notes(name, path, run, measured)


def _placed(error: EvaluationError, path: Path, qrels: Path) -> ArirError:
    return EvaluationError(f"{error.what} (qrels: {qrels})", where=path, fix=error.fix)
