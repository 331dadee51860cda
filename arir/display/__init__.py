"""Show results: in the terminal, in Markdown, LaTeX, CSV and JSON, Arabic in its direction."""

from __future__ import annotations

import sys
from typing import Literal

from arir.display.bidi import directed, terminal_mode
from arir.display.formats import csv_text, json_text, latex_text, markdown_text, records
from arir.display.table import Cell, Column, Table
from arir.display.terminal import table_text

__all__ = [
    "Cell",
    "Column",
    "Format",
    "Table",
    "directed",
    "records",
    "render",
    "show",
    "terminal_mode",
]

Format = Literal["table", "md", "latex", "csv", "json"]
WRITERS = {"md": markdown_text, "latex": latex_text, "csv": csv_text, "json": json_text}


def render(table: Table, format: Format = "table") -> str:
    """The text of a table in a format; ``table`` is drawn for standard output as it is now.

    >>> render(Table((Column("run"),), ((Cell("bm25"),),)), "csv")
    'run\\nbm25\\n'
    """
    return table_text(table, sys.stdout) if format == "table" else WRITERS[format](table)


def show(table: Table, format: Format = "table") -> None:
    """Write a table to standard output."""
    import click

    click.echo(render(table, format), nl=False, color=True if sys.stdout.isatty() else None)
