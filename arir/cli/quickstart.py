"""``arir quickstart``."""

from __future__ import annotations

from functools import partial

import click

from arir.cli.command import make_command
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.examples import Example
from arir.quickstart.service import Findings, QuickstartReport, files, quickstart


def show_findings(findings: Findings) -> None:
    """Print a part's comparison and its example queries."""
    from arir.compare.tables import systems_tables

    click.echo(f"The comparison, BM25 as the baseline\n  $ {findings.command}\n")
    for table in systems_tables(findings.comparison):
        show_table(table)
    click.echo()
    for example in findings.examples:
        show_table(_example_table(example))
        click.echo()


def show(report: QuickstartReport, config: QuickstartConfig) -> None:  # noqa: ARG001
    """Print where everything lies."""
    click.echo(f"All of it took {report.seconds:.0f} s and lies in {report.places.root}:")
    for path, meaning in files(report.places):
        click.echo(f"  {path!s:24}  {meaning}")
    click.echo("Next: the README shows how to bring your own collection.")


def _example_table(example: Example) -> Table:
    # The Arabic stands last, so that no terminal's idea of its width can shift another column.
    columns = tuple(map(Column, (example.label, "passage", "judged", "in English", "title")))
    rows = tuple(
        (
            Cell(answer.label),
            Cell(answer.docid),
            Cell("–" if answer.grade is None else f"grade {answer.grade}"),
            Cell(answer.english),
            Cell(answer.title),
        )
        for answer in example.answers
    )
    return Table(columns, rows, title=f"{example.topic}: {example.text}")


command = make_command(
    "quickstart",
    QuickstartConfig,
    partial(quickstart, say=click.echo, show=show_findings),
    show,
)
