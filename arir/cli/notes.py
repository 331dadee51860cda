"""Warnings of arir's own as single lines on standard error, while there is still time to stop."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

__all__ = ["with_notes"]

Settings = TypeVar("Settings")
Result = TypeVar("Result")


def with_notes(function: Callable[[Settings], Result]) -> Callable[[Settings], Result]:
    """The same function, its warnings shown as notes; those of other packages stay as they are."""

    @wraps(function)
    def noted(config: Settings) -> Result:
        shown = warnings.showwarning

        def note(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if category.__module__.startswith("arir."):
                click.echo(f"arir: note: {message}", err=True)
            else:
                shown(message, category, *place)

        with warnings.catch_warnings():
            warnings.filterwarnings("always", module=r"arir\.")
            warnings.showwarning = note  # type: ignore[assignment]  # the rest is passed through
            return function(config)

    return noted
