"""``arir train``."""

from __future__ import annotations

import warnings
from typing import Any

import click

from arir.cli.command import make_command
from arir.cli.recipe import with_recipe
from arir.train import TrainConfig, TrainReport, train


def show(report: TrainReport, config: TrainConfig) -> None:  # noqa: ARG001
    """Say what was trained on, how the loss went, and where the student lies."""
    held_out = f", {report.held_out:,} queries held out" if report.held_out else ""
    click.echo(
        f"{report.triples:,} triples{held_out}, {report.steps:,} steps in {report.seconds:.1f} s; "
        f"loss {report.first_loss:.4g} -> {report.last_loss:.4g}"
    )
    click.echo(f"student: {report.output}")


def run(config: TrainConfig) -> TrainReport:
    """Train, with warnings as single lines while there is still time to stop."""
    shown = warnings.showwarning

    def note(message: Warning | str, category: type[Warning], *place: Any) -> None:
        if category.__module__.startswith("arir."):
            click.echo(f"arir: note: {message}", err=True)
        else:
            shown(message, category, *place)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", module=r"arir\.")
        warnings.showwarning = note  # type: ignore[assignment]  # the rest is passed through
        return train(config)


command = with_recipe(make_command("train", TrainConfig, run, show))
