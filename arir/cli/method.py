"""A command whose settings depend on a method that a recipe, or a flag, names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from arir.config import from_yaml
from arir.errors import ConfigError, nearest
from arir.recipes import find_recipe

__all__ = ["MethodCommand"]

HELP_FLAGS = ("-h", "--help")


class MethodCommand(click.Command):
    """Look for the method in the arguments, and hand everything to the command of that method.

    Args:
        text: the help shown where no method is named; below it stand the flags of all methods.
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
        method = self._method(args)
        if method is None and set(HELP_FLAGS) & set(args):
            return self._overview().make_context(info_name, args, parent, **extra)
        command = self.methods[method or next(iter(self.methods))]
        return command.make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the method's own command."""
        return ctx.command.invoke(ctx)

    def _method(self, args: list[str]) -> str | None:
        """The method that flags, --set or the recipe name."""
        given = self._parsed(args)
        named = given.get("method") or _change(given) or _in_recipe(given)
        if named is not None and named not in self.methods:
            raise ConfigError(f"no method '{named}'", fix=nearest(str(named), self.methods))
        return named

    def _parsed(self, args: list[str]) -> dict[str, Any]:
        """The words of the command line by parameter, whichever method has it; nothing checked."""
        every = {p.name: p for command in self.methods.values() for p in command.params}
        probe = click.Command(self.name, params=list(every.values()))
        context = click.Context(probe, resilient_parsing=True, help_option_names=list(HELP_FLAGS))
        given, rest, _ = probe.make_parser(context).parse_args(list(args))
        if rest:  # it stopped at an option that no method has; the method's own command says so
            given["recipe"] = rest[0]
        return {name: value for name, value in given.items() if isinstance(value, str | list)}

    def _overview(self) -> click.Command:
        """A command that explains the methods, and has the flags that all of them have."""
        commands = list(self.methods.values())
        shared = set.intersection(*({p.name for p in command.params} for command in commands))
        parameters = [p for p in commands[0].params if p.name in shared and p.name != "method"]
        return _Overview(self.name, self.help, parameters, self.methods)


class _Overview(click.Command):
    def __init__(
        self,
        name: str | None,
        text: str | None,
        parameters: list[click.Parameter],
        methods: Mapping[str, click.Command],
    ) -> None:
        flags = {"help_option_names": list(HELP_FLAGS)}
        super().__init__(name, params=parameters, help=text, context_settings=flags)
        self.methods = methods

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The methods first, then what they share."""
        with formatter.section("Methods (--method METHOD --help lists the settings of one)"):
            formatter.write_dl(
                [(name, _first_sentence(command)) for name, command in self.methods.items()]
            )
        first = next(iter(self.methods))
        records = [parameter.get_help_record(ctx) for parameter in self.get_params(ctx)]
        with formatter.section(f"Options that all of them have, with the defaults of {first}"):
            formatter.write_dl([record for record in records if record])


def _first_sentence(command: click.Command) -> str:
    return " ".join((command.help or "").split("\n\n")[0].split())


def _change(given: Mapping[str, Any]) -> str | None:
    """What ``--set method=NAME`` says."""
    changes = [change.partition("=") for change in given.get("changes") or []]
    return next((value.strip() for key, _, value in changes if key.strip() == "method"), None)


def _in_recipe(given: Mapping[str, Any]) -> str | None:
    named = given.get("recipe") or given.get("config")
    if named is None:
        return None
    path = find_recipe(str(named))
    if not path.is_file():
        return None  # the command itself says that it is missing
    method = from_yaml(path).get("method")
    return None if method is None else str(method)
