"""``arir search``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.rerank.rankings import listing
from arir.search.config import SearchConfig
from arir.search.service import SearchReport, search_topics


def show(report: SearchReport, config: SearchConfig) -> None:  # noqa: ARG001
    """Say what was written, and name the topics that have no hit."""
    by = f"{report.method}, {report.encoder}" if report.encoder else report.method
    click.echo(
        f"{report.run}: {report.hits:,} hits for {report.topics:,} topics ({by}, "
        f"{report.seconds:.1f} s)"
    )
    if report.topics_without_hits:
        count = len(report.topics_without_hits)
        click.echo(f"no hits for {count:,} of them: {listing(report.topics_without_hits, 10)}")
    for note in report.notes:
        click.echo(f"arir: note: {note}", err=True)


command = make_command("search", SearchConfig, search_topics, show)
