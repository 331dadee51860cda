"""``arir make-topics``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.evaluate.inputs import counted
from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.service import MakeTopicsReport, make_topics


def show(report: MakeTopicsReport, config: MakeTopicsConfig) -> None:
    """Say what was made, what was left out, and what may surprise."""
    counts = report.counts
    kinds = ", ".join(f"{kind} {counts.topics.get(kind, 0):,}" for kind in config.kind)
    click.echo(
        f"{report.output}: {sum(counts.topics.values()):,} topics ({kinds}) on "
        f"{counts.passages:,} passages; the text of {counts.removed:,} is taken out"
    )
    if config.leave_out:
        click.echo(f"{counts.left_out:,} passages left out by their titles")
    for note in _notes(report, config):
        click.echo(f"arir: note: {note}", err=True)


def _notes(report: MakeTopicsReport, config: MakeTopicsConfig) -> list[str]:
    counts = report.counts
    notes = [f"no query of kind {kind}" for kind in config.kind if kind not in counts.topics]
    if counts.repeated:
        notes.append(f"{counts.repeated:,} queries left out, since their text was there already")
    for path, titles in report.unmatched.items():
        if titles:
            shown = ", ".join(titles[:3])
            notes.append(
                f"{path}: {counted(len(titles), 'title')} that no passage has, such as {shown}"
            )
    if config.leave_out and counts.untitled:
        notes.append(f"{counts.untitled:,} passages without a title, which --leave-out passes over")
    return notes


command = make_command("make-topics", MakeTopicsConfig, make_topics, show)
