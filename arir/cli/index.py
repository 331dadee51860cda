"""``arir index``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.index.bm25 import IndexReport, build_bm25
from arir.index.bm25_config import IndexConfig


def show(report: IndexReport, config: IndexConfig) -> None:
    """Say how much was indexed, how fast, and where the index stands."""
    rate = report.passages / max(report.seconds, 1e-9)
    click.echo(
        f"indexed {report.passages:,} passages with the analyser '{config.language}', profile "
        f"'{config.profile}' ({report.seconds:.1f} s, {rate:,.0f} passages/s)"
    )
    if report.left_out:
        number = len(report.left_out)
        named = ", ".join(report.left_out[:5]) + (" ..." if number > 5 else "")
        click.echo(
            f"left out {number:,} of which the profile leaves nothing to index: {named}", err=True
        )
    click.echo(f"index: {report.output}")


command = make_command("index", IndexConfig, build_bm25, show)
