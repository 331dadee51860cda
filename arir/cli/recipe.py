"""Let a command take a recipe: a YAML file of its settings as first argument, and --set."""

from __future__ import annotations

from typing import Any

import click
from click.core import ParameterSource

from arir.errors import ConfigError, nearest
from arir.recipes import find_recipe

__all__ = ["with_recipe"]


def with_recipe(command: click.Command) -> click.Command:
    """Add ``[RECIPE]`` and ``--set KEY=VALUE`` to a command made by ``make_command``.

    A recipe is what ``--config`` names, and ``--set steps=100`` is what ``--steps 100`` is; where
    both are given the flag goes first. So the order is: flags, --set, recipe, defaults.
    """
    recipe = click.Argument(
        ["recipe"], required=False, expose_value=False, is_eager=True, callback=_use_recipe
    )
    changes = click.Option(
        ["--set", "changes"],
        multiple=True,
        expose_value=False,
        is_eager=True,
        callback=_use_changes,
        metavar="KEY=VALUE",
        help="Change a setting of the recipe; may be given several times.",
    )
    for parameter in command.params:
        if parameter.name == "config":
            parameter.callback = _only_file
    command.params = [recipe, *command.params, changes]
    return command


def _use_recipe(context: click.Context, _: click.Parameter, path: str | None) -> None:
    if path is not None:
        _default(context, "config", str(find_recipe(path)))


def _only_file(context: click.Context, parameter: click.Parameter, path: Any) -> Any:
    """Let --config through, unless a recipe was named too."""
    source = context.get_parameter_source(str(parameter.name))
    recipe = (context.default_map or {}).get("config")
    if recipe is not None and source is ParameterSource.COMMANDLINE:
        raise ConfigError(f"both {recipe} and --config {path} are given", fix="give one of them")
    return path


def _use_changes(context: click.Context, _: click.Parameter, changes: tuple[str, ...]) -> None:
    known = {
        parameter.name or "": parameter
        for parameter in context.command.params
        if parameter.expose_value and parameter.name != "config"
    }
    faults: list[str] = []
    of_stages: list[str] = []
    for change in changes:
        key, equals, value = (part.strip() for part in change.partition("="))
        name = key.replace("-", "_")
        if not equals or not value:
            faults.append(f"--set {change} is not KEY=VALUE")
        elif "." in key and "stages" in known:
            of_stages.append(change)
        elif name not in known:
            faults.append(f"--set: unknown key '{key}' ({nearest(name, known)})")
        else:
            several = getattr(known[name], "multiple", False)
            _default(context, name, value.split(",") if several else value)
    if faults:
        raise ConfigError("; ".join(faults))
    if of_stages:
        _default(context, "stages", of_stages)


def _default(context: click.Context, name: str, value: Any) -> None:
    """Give a parameter that is not on the command line a value, in the text form of a flag."""
    context.default_map = {**(context.default_map or {}), name: value}
