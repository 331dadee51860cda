"""``arir score-teacher``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.cli.notes import with_notes
from arir.score_teacher.config import ScoreTeacherConfig
from arir.score_teacher.service import ScoreReport, score_teacher


def show(report: ScoreReport, config: ScoreTeacherConfig) -> None:  # noqa: ARG001
    """Say what was scored, on which scale, and what an earlier run had done already."""
    found, teacher = report.summary, report.teacher
    earlier = f", {report.resumed:,} of them before" if report.resumed else ""
    click.echo(
        f"{report.output}: {found.pairs:,} pairs of {found.queries:,} queries scored with "
        f"{teacher.name} ({teacher.family}; {report.seconds:.1f} s{earlier})"
    )
    click.echo(
        f"{teacher.scale} from {found.minimum:.4g} to {found.maximum:.4g}, mean {found.mean:.4g}; "
        f"margins within a query {found.spread.margin_deviation:.3g}"
    )


command = make_command("score-teacher", ScoreTeacherConfig, with_notes(score_teacher), show)
