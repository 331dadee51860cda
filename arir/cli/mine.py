"""``arir mine``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.evaluate.inputs import counted
from arir.mine.config import MineConfig
from arir.mine.service import MineCounts, MineReport, mine_negatives


def show(report: MineReport, config: MineConfig) -> None:
    """Say what was written, what was dropped, and which queries came off badly."""
    counts = report.counts
    click.echo(
        f"{report.output}: {counts.negatives:,} negatives for {_queries(counts.queries)} "
        f"({report.seconds:.1f} s)"
    )
    if config.guarded:
        click.echo(f"{counted(counts.false_negatives, 'candidate')} dropped as false negatives")
    for note in _notes(counts, config):
        click.echo(f"arir: note: {note}", err=True)


def _notes(counts: MineCounts, config: MineConfig) -> list[str]:
    said = {
        f"fewer than {counted(config.negatives, 'negative')}": counts.queries_short,
        "no negative left, and left out": counts.queries_empty,
        "no positive in the qrels, and left out": counts.queries_without_positive,
        "a positive, but no hits in the runs": counts.queries_not_searched,
        "no score for a positive, so that no margin applies": counts.queries_unchecked,
    }
    notes = [f"{_queries(number)} with {what}" for what, number in said.items() if number]
    if counts.candidates_unchecked:
        unchecked = counted(counts.candidates_unchecked, "candidate")
        notes.append(f"{unchecked} kept without a check, as scores are missing")
    return notes


def _queries(number: int) -> str:
    return f"{number:,} {'query' if number == 1 else 'queries'}"


command = make_command("mine", MineConfig, mine_negatives, show)
