"""``arir make-topics``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.service import MakeTopicsReport, make_topics


def show(report: MakeTopicsReport, config: MakeTopicsConfig) -> None:
    """Say what was made, what was left out, and what may surprise."""
    counts = report.counts
    kinds = ", ".join(f"{kind} {counts.topics.get(kind, 0):,}" for kind in config.kind)
    click.echo(
        f"{report.output}: {_many(sum(counts.topics.values()), 'topic')} ({kinds}) on "
        f"{_many(counts.passages, 'passage')}; the text of {counts.removed:,} is taken out"
    )
    if config.leave_out:
        click.echo(f"left out by their titles: {_many(counts.left_out, 'passage')}")
    for note in _notes(report, config):
        click.echo(f"arir: note: {note}", err=True)


def _notes(report: MakeTopicsReport, config: MakeTopicsConfig) -> list[str]:
    counts = report.counts
    notes = [f"no query of kind {kind}" for kind in config.kind if kind not in counts.topics]
    if counts.repeated:
        notes.append(f"{_many(counts.repeated, 'query')} with a text that was there, left out")
    for path, titles in report.unmatched.items():
        if titles:
            shown = ", ".join(titles[:3])
            notes.append(f"{path}: {_many(len(titles), 'title')} of no passage, such as {shown}")
    if config.leave_out and counts.untitled:
        without = _many(counts.untitled, "passage")
        notes.append(f"{without} without a title, which --leave-out passes over")
    return notes


def _many(number: int, noun: str) -> str:
    plural = "queries" if noun == "query" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


command = make_command("make-topics", MakeTopicsConfig, make_topics, show)
