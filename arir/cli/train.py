"""``arir train``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.cli.method import MethodCommand
from arir.cli.notes import with_notes
from arir.cli.recipe import with_recipe
from arir.cli.stages import merge_stages
from arir.processes import is_main_process
from arir.train.config import STAGE_METHODS, StagesConfig, StudentConfig
from arir.train.service import TrainReport, train
from arir.train.stages import StagesReport, train_stages

HELP = """Train a student: distil it from an English teacher, or train its NoKD twin.

RECIPE is a YAML file, or the name of a shipped recipe (arir recipes list). Its key 'method' says
how to train, and so which further settings there are; without a recipe --method says it."""


def show(report: TrainReport, config: StudentConfig) -> None:  # noqa: ARG001
    """Say what was trained on, how the loss went, and where the student lies."""
    if not is_main_process():
        return
    click.echo(_summary(report))
    click.echo(f"student: {report.output}")


def show_stages(report: StagesReport, config: StagesConfig) -> None:
    """Say the same of every stage, and where the last student lies."""
    if not is_main_process():
        return
    for name, stage in report.stages.items():
        click.echo(f"{name}: {_summary(stage)}")
    click.echo(f"student: {report.output}")
    if config.keep_stages and len(report.stages) > 1:
        click.echo(f"earlier students: {config.folder}")


def _summary(report: TrainReport) -> str:
    held_out = report.facts.get("held_out", 0)
    left_out = f", {held_out:,} queries held out" if held_out else ""
    dev = f"; best dev {report.dev:.4f}" if report.dev is not None else ""
    return (
        f"{report.rows:,} {report.unit}{left_out}, {report.steps:,} steps in"
        f" {report.seconds:.1f} s; loss {report.first_loss:.4g} -> {report.last_loss:.4g}{dev}"
    )


def _stages_command() -> click.Command:
    function = with_notes(train_stages)
    made = make_command("train", StagesConfig, function, show_stages, merge_stages)
    for parameter in made.params:
        if isinstance(parameter, click.Option) and parameter.name == "stages":
            parameter.hidden = True  # a recipe has them, and --set changes them
    return with_recipe(made)


COMMANDS = {
    name: with_recipe(make_command("train", cls, with_notes(train), show))
    for name, cls in STAGE_METHODS.items()
}
command = MethodCommand("train", HELP, {**COMMANDS, "stages": _stages_command()})
