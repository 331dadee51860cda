"""``arir fuse``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.evaluate.inputs import run_names
from arir.fuse.config import FuseConfig
from arir.fuse.service import FuseReport, fuse_runs
from arir.fuse.tuned import Tuning


def show(report: FuseReport, config: FuseConfig) -> None:
    """Say what was written; where weights were tuned, which ones and what they are worth."""
    click.echo(
        f"{report.run}: {report.hits:,} hits for {report.topics:,} topics, "
        f"{len(config.runs)} runs fused by {config.method} ({report.seconds:.1f} s)"
    )
    if report.tuning is not None:
        show_table(_table(report.tuning, run_names(config.runs)))
    for note in report.notes:
        click.echo(f"arir: note: {note}", err=True)


def _table(tuning: Tuning, names: list[str]) -> Table:
    columns = (
        *(Column(name, title=f"weight of {name}", align="right") for name in names),
        Column("tuned topics", align="right"),
        Column("tuned value", title=f"{tuning.measure} there", align="right"),
        Column("topics", title="held-out topics", align="right"),
        Column("value", title=f"{tuning.measure} there", align="right"),
    )
    rows = tuple(
        (
            *(Cell(weight, text=f"{weight:.2f}") for weight in fold.weights),
            Cell(fold.tuned_topics),
            Cell(fold.tuned_value),
            Cell(fold.topics),
            Cell(fold.value),
        )
        for fold in tuning.folds
    )
    notes: tuple[str, ...] = ()
    if tuning.value is not None and tuning.equal is not None:
        notes = (
            f"{tuning.measure} on topics that the weights were not tuned on: {tuning.value:.4f}; "
            f"with equal weights: {tuning.equal:.4f}",
        )
    return Table(columns, rows, title="Tuned weights", notes=notes)


command = make_command("fuse", FuseConfig, fuse_runs, show)
