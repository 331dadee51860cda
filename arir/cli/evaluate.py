"""``arir evaluate``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.evaluate.config import EvaluateConfig
from arir.evaluate.measures import Measure, reading_notes
from arir.evaluate.service import EvaluateReport, evaluate


def show(report: EvaluateReport, config: EvaluateConfig) -> None:
    """Print the table; CSV has no place for notes, so they go to standard error."""
    table = _table(report)
    show_table(table, config.format)
    if config.format == "csv":
        for note in table.notes:
            click.echo(f"arir: note: {note}", err=True)


def _table(report: EvaluateReport) -> Table:
    qrels = dict.fromkeys(run.qrels.as_posix() for run in report.runs)
    several = len(qrels) > 1
    columns = [Column("run"), *([Column("qrels")] if several else [])]
    columns += [Column("topics", align="right")]
    columns += [Column(str(measure), align="right") for measure in report.measures]
    best = {str(measure): _best(report, measure) for measure in report.measures}
    rows = []
    for run in report.runs:
        row = [Cell(run.name), *([Cell(run.qrels.as_posix())] if several else [])]
        row.append(Cell(len(run.measured.topic_ids)))
        for measure in report.measures:
            value = run.aggregates[str(measure)]
            row.append(_cell(measure, value, strong=value == best[str(measure)] and not several))
        rows.append(tuple(row))
    notes = [*reading_notes(report.measures), *report.notes]
    return Table(tuple(columns), tuple(rows), notes=tuple(notes))


def _best(report: EvaluateReport, measure: Measure) -> float | None:
    """The best value of a measure; of a count, or of one run alone, none is."""
    if measure.definition.aggregate == "sum" or len(report.runs) < 2:
        return None
    return max(run.aggregates[str(measure)] for run in report.runs)


def _cell(measure: Measure, value: float, *, strong: bool) -> Cell:
    if measure.definition.aggregate == "sum":
        return Cell(int(value))
    return Cell(value, strong=strong)


command = make_command("evaluate", EvaluateConfig, evaluate, show)
