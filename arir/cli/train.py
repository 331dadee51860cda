"""``arir train``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.cli.method import MethodCommand
from arir.cli.notes import with_notes
from arir.cli.recipe import with_recipe
from arir.train.config import METHODS, StudentConfig
from arir.train.service import TrainReport, train

HELP = """Train a student: distil it from an English teacher, or train its NoKD twin.

RECIPE is a YAML file, or the name of a shipped recipe (arir recipes list). Its key 'method' says
how to train, and so which further settings there are; without a recipe --method says it."""


def show(report: TrainReport, config: StudentConfig) -> None:  # noqa: ARG001
    """Say what was trained on, how the loss went, and where the student lies."""
    held_out = report.facts.get("held_out", 0)
    left_out = f", {held_out:,} queries held out" if held_out else ""
    dev = f"; best dev {report.dev:.4f}" if report.dev is not None else ""
    click.echo(
        f"{report.rows:,} {report.unit}{left_out}, {report.steps:,} steps in"
        f" {report.seconds:.1f} s; loss {report.first_loss:.4g} -> {report.last_loss:.4g}{dev}"
    )
    click.echo(f"student: {report.output}")


command = MethodCommand(
    "train",
    HELP,
    {name: with_recipe(make_command("train", cls, with_notes(train), show)) for name, cls in METHODS.items()},
)
