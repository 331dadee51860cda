"""``arir make-late``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.make_late.config import MakeLateConfig
from arir.make_late.service import MakeLateReport, make_late


def show(report: MakeLateReport, config: MakeLateConfig) -> None:
    """Say what became of the bi-encoder, and where it lies."""
    spec = report.spec
    click.echo(
        f"late interaction: {report.output}, the token vectors of {config.model}, "
        f"{report.dimension} dimensions, passages of {spec.passage_length} tokens"
    )


command = make_command("make-late", MakeLateConfig, make_late, show)
