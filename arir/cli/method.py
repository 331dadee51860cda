"""A command whose settings depend on a method that a recipe, or a flag, names."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

from arir.config import from_yaml
from arir.errors import ConfigError, nearest
from arir.recipes import find_recipe

__all__ = ["MethodCommand"]

FLAG = "--method"
RECIPE_FLAG = "--config"


class MethodCommand(click.Command):
    """Look for the method in the arguments, and hand everything to the command of that method.

    Args:
        text: the help shown where no method is named.
        methods: the command of each method; the first is taken where none is named.
    """

    def __init__(self, name: str, text: str, methods: Mapping[str, click.Command]) -> None:
        super().__init__(name, help=text)
        self.methods = methods

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """The context of the method's own command."""
        method = _method(args, list(self.methods))
        return self.methods[method].make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the method's own command."""
        return ctx.command.invoke(ctx)


def _method(args: list[str], known: list[str]) -> str:
    """The method that flags, --set or the recipe name."""
    named = _value_of(args, FLAG) or _change(args) or _in_recipe(args)
    if named is None:
        return known[0]
    if named not in known:
        raise ConfigError(f"no method '{named}'", fix=nearest(named, known))
    return named


def _value_of(args: list[str], flag: str) -> str | None:
    for at, word in enumerate(args):
        if word == flag and at + 1 < len(args):
            return args[at + 1]
        if word.startswith(f"{flag}="):
            return word.partition("=")[2]
    return None


def _change(args: list[str]) -> str | None:
    changes = [change.partition("=") for flag, change in pairwise(args) if flag == "--set"]
    return next((value.strip() for key, _, value in changes if key.strip() == "method"), None)


def _in_recipe(args: list[str]) -> str | None:
    """The recipe is the first word, or what --config names."""
    named = args[0] if args and not args[0].startswith("-") else _value_of(args, RECIPE_FLAG)
    if named is None:
        return None
    path = find_recipe(named)
    if not Path(path).is_file():
        return None  # the command itself says that it is missing
    method = from_yaml(path).get("method")
    return None if method is None else str(method)
