"""``arir init-student``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.init_student import InitStudentConfig, InitStudentReport, init_student


def show(report: InitStudentReport, config: InitStudentConfig) -> None:
    """Say what the student consists of, and where it lies."""
    layers = ", ".join(map(str, report.layers))
    click.echo(f"body: {config.body}, layers {layers}; {report.parameters / 1e6:.1f}M parameters")
    click.echo(f"vocabulary: {report.pieces:,} pieces, {report.unknown_rate:.2%} unknown")
    vectors = (f"{count:,} {origin}" for origin, count in report.vectors.items() if count)
    click.echo(f"vectors: {', '.join(vectors)}")
    click.echo(f"student: {report.output}")


command = make_command("init-student", InitStudentConfig, init_student, show)
