"""``arir rerank``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.rerank.config import RerankConfig
from arir.rerank.service import RerankReport, rerank_run


def show(report: RerankReport, config: RerankConfig) -> None:
    """Say what was written, and how much of the run was scored anew."""
    click.echo(
        f"{report.run}: {report.scored:,} hits of {report.topics:,} topics reranked with "
        f"{report.reranker} (depth {config.depth}, {report.seconds:.1f} s)"
    )
    for note in report.notes:
        click.echo(f"arir: note: {note}", err=True)


command = make_command("rerank", RerankConfig, rerank_run, show)
