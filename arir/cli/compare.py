"""``arir compare``."""

from __future__ import annotations

import shutil
import sys

import click

from arir.cli.command import make_command
from arir.compare.config import CompareConfig
from arir.compare.document import json_document
from arir.compare.pair_tables import macro_pairs_table, pair_records, pairs_table
from arir.compare.query_tables import query_tables
from arir.compare.result import Comparison
from arir.compare.service import compare
from arir.compare.tables import gaps_table, systems_tables
from arir.display import Table
from arir.display import show as show_table

#: pairs that a terminal shows; beyond that nobody reads a table
ROWS = 45
CSV_NOTE = "CSV is one table, the pairs; macro averages, gaps and queries are in --format json"
#: columns that a terminal needs for all that is said of a pair
WIDE = 140


def show(comparison: Comparison, config: CompareConfig) -> None:
    """Print the tables; CSV has no place for warnings, so they go to standard error."""
    if config.format == "json":
        click.echo(json_document(comparison, config.queries), nl=False)
    elif config.format == "csv":
        show_table(pair_records(comparison), "csv")
        for warning in _warnings(comparison):
            click.echo(f"arir: warning: {warning}", err=True)
        if config.queries or comparison.macro is not None:
            click.echo(f"arir: note: {CSV_NOTE}", err=True)
    else:
        for number, table in enumerate(_tables(comparison, config)):
            if number:
                click.echo()
            show_table(table, config.format)


def _tables(comparison: Comparison, config: CompareConfig) -> list[Table]:
    drawn = config.format == "table"
    narrow = config.format == "latex" or (
        drawn and sys.stdout.isatty() and shutil.get_terminal_size().columns < WIDE
    )
    optional = [
        pairs_table(comparison, limit=ROWS if drawn else None, narrow=narrow),
        macro_pairs_table(comparison),
        gaps_table(comparison),
    ]
    tables = [*systems_tables(comparison), *(table for table in optional if table is not None)]
    return [*tables, *(query_tables(comparison, config.queries) if config.queries else [])]


def _warnings(comparison: Comparison) -> list[str]:
    of_collections = [text for c in comparison.collections for text in c.warnings]
    return [*comparison.warnings, *of_collections]


command = make_command("compare", CompareConfig, compare, show)
