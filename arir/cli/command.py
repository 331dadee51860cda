"""Turn a configuration and the function behind it into a Click command."""

from __future__ import annotations

import operator
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import click
from pydantic.fields import FieldInfo

from arir.config import from_mapping, from_yaml
from arir.errors import ConfigError

__all__ = ["make_command", "takes_several"]

Settings = TypeVar("Settings")
Result = TypeVar("Result")
Merge = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]


def make_command(
    name: str,
    settings: type[Settings],
    function: Callable[[Settings], Result],
    show: Callable[[Result, Settings], None],
    merge: Merge = operator.or_,
) -> click.Command:
    """Build the command ``name`` from a configuration, its function, and a way to show the result.

    The help text is the configuration's docstring; flags, types and help lines are its fields.
    Values come from the flags, then from ``--config``, then from the defaults.

    Args:
        merge: puts what flags give into what the file gives.
    """

    def callback(config: Path | None, **given: Any) -> None:
        values = from_yaml(config) if config is not None else {}
        flags = {key: value for key, value in given.items() if value not in (None, ())}
        chosen = _located(settings, merge(values, flags), config)
        show(function(chosen), chosen)

    parameters: list[click.Parameter] = [
        _parameter(field, info) for field, info in _fields(settings).items()
    ]
    config_help = "YAML file (or saved config.json) of these settings; flags go first."
    config = click.Option(["--config"], type=click.Path(path_type=Path), help=config_help)
    debug = click.Option(
        ["--debug"], is_flag=True, expose_value=False, help="Show the traceback of an error."
    )
    return click.Command(
        name,
        params=[*parameters, config, debug],
        callback=callback,
        help=settings.__doc__,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def _located(settings: type[Settings], values: dict[str, Any], config: Path | None) -> Settings:
    try:
        return from_mapping(settings, values)
    except ConfigError as error:
        if config is None:
            raise
        raise ConfigError(error.what, where=config, fix=error.fix) from None


def _fields(settings: type[Any]) -> dict[str, FieldInfo]:
    fields: dict[str, FieldInfo] = settings.__pydantic_fields__
    return fields


def _parameter(name: str, info: FieldInfo) -> click.Parameter:
    """One field as a Click option or argument; absent flags stay ``None``, so files can speak."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    kind, many = _click_type(info.annotation)
    metavar = str(extra["metavar"]) if extra.get("metavar") else None
    if extra.get("positional"):
        # Not required here: the value may come from --config; the configuration checks it.
        nargs = -1 if many else 1
        return click.Argument([name], type=kind, nargs=nargs, required=False, metavar=metavar)
    flag = f"--{name.replace('_', '-')}"
    spellings = [*_flags(extra), flag]
    text = _help(info)
    if kind is bool:
        switch = [*_flags(extra), f"{flag}/--no-{name.replace('_', '-')}"]
        return click.Option([name, *switch], default=None, help=text)
    return click.Option(
        [name, *spellings], type=kind, multiple=many, default=None, help=text, metavar=metavar
    )


def takes_several(settings: type[Any], key: str) -> bool:
    """Whether a setting takes several values."""
    info = _fields(settings).get(key)
    return info is not None and _click_type(info.annotation)[1]


def _flags(extra: dict[str, Any]) -> list[str]:
    return [str(flag) for flag in extra.get("flags") or []]


def _help(info: FieldInfo) -> str:
    text = (info.description or "").rstrip(".")
    if info.is_required():
        return f"{text}.  [required]"
    default = info.default
    if default in (None, False, ()) or info.default_factory is not None:
        return f"{text}."
    shown = ", ".join(map(str, default)) if isinstance(default, tuple) else default
    return f"{text}.  [default: {shown}]"


def _click_type(annotation: Any) -> tuple[Any, bool]:
    """The Click type of a field, and whether it takes several values."""
    origin = get_origin(annotation)
    if origin in (Union, types.UnionType):
        inner = [part for part in get_args(annotation) if part is not type(None)]
        return _click_type(inner[0])
    if origin is tuple:
        return _click_type(get_args(annotation)[0])[0], True
    if origin is Literal:
        return click.Choice([str(choice) for choice in get_args(annotation)]), False
    if annotation is Path:
        return click.Path(path_type=Path), False
    return (annotation if annotation in (int, float, bool) else str), False
