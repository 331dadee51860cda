"""``arir quickstart``."""

from __future__ import annotations

from functools import partial

import click

from arir.cli.command import make_command
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.service import Example, QuickstartReport, files, quickstart


def show(report: QuickstartReport, config: QuickstartConfig) -> None:  # noqa: ARG001
    """Print the comparison, an example query, and where everything lies."""
    from arir.compare.tables import systems_tables

    click.echo(f"The comparison, BM25 as the baseline\n  $ {report.command}\n")
    for table in systems_tables(report.comparison):
        show_table(table)
    for example in report.examples:
        click.echo()
        show_table(_example_table(example))
    click.echo(f"\nAll of it took {report.seconds:.0f} s and lies in {report.places.root}:")
    for path, meaning in files(report.places):
        click.echo(f"  {path!s:24}  {meaning}")
    click.echo("Next: the README shows how to bring your own collection.")


def _example_table(example: Example) -> Table:
    # The Arabic stands last, so that no terminal's idea of its width can shift another column.
    columns = (Column("first answer of"), Column("passage"), Column("judged"), Column("title"))
    rows = tuple(
        (
            Cell(answer.system),
            Cell(answer.docid),
            Cell("–" if answer.grade is None else f"grade {answer.grade}"),
            Cell(answer.title),
        )
        for answer in example.answers
    )
    return Table(columns, rows, title=f"{example.topic}: {example.text}")


command = make_command("quickstart", QuickstartConfig, partial(quickstart, say=click.echo), show)
