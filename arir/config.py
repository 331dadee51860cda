"""One configuration per command: flags, YAML files and a saved ``config.json`` all end here.

A command's configuration is a frozen dataclass made with :func:`configuration`; each field is an
:func:`option` or an :func:`argument`, whose help text serves the command line and the documents.
Every wrong or unknown key is reported at once, with the nearest known name.

>>> @configuration
... class Demo:
...     output: str = option("where to write")
...     hits: int = option("hits a query", default=1000, at_least=1)
>>> from_mapping(Demo, {"output": "x", "hit": 3})
Traceback (most recent call last):
arir.errors.ConfigError: unknown key 'hit' (did you mean hits?)
"""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic_core import ErrorDetails

from arir.errors import ConfigError, nearest

__all__ = [
    "argument",
    "as_command",
    "configuration",
    "field_names",
    "from_mapping",
    "from_yaml",
    "option",
    "to_dict",
    "to_json",
    "write_recipe",
]

Settings = TypeVar("Settings")
REQUIRED: Any = ...


def option(
    help: str,
    *,
    default: Any = REQUIRED,
    flags: tuple[str, ...] = (),
    metavar: str | None = None,
    at_least: float | None = None,
    more_than: float | None = None,
    at_most: float | None = None,
) -> Any:
    """Declare a named setting; ``flags`` are further spellings on the command line (``-m``)."""
    extra: dict[str, Any] = {"flags": list(flags), "metavar": metavar, "positional": False}
    return Field(
        default,
        description=help,
        ge=at_least,
        gt=more_than,
        le=at_most,
        json_schema_extra=extra,
    )


def argument(help: str, *, default: Any = REQUIRED, metavar: str | None = None) -> Any:
    """Declare a positional setting; a tuple type takes one or more values."""
    extra: dict[str, Any] = {"flags": [], "metavar": metavar, "positional": True}
    return Field(default, description=help, json_schema_extra=extra)


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(option, argument))
def configuration(cls: type[Settings]) -> type[Settings]:
    """Make ``cls`` a frozen, keyword-only dataclass that validates its fields when built.

    Raises:
        ConfigError: from the constructor, naming every wrong field at once.
    """
    made: Any = pydantic_dataclass(
        cls, frozen=True, kw_only=True, config=ConfigDict(extra="forbid", strict=False)
    )
    build = made.__init__

    @functools.wraps(build)
    def init(self: Any, **values: Any) -> None:
        try:
            build(self, **values)
        except ValidationError as error:
            raise _config_error(made, error) from None

    made.__init__ = init
    result: type[Settings] = made
    return result


def _config_error(cls: type[Any], error: ValidationError) -> ConfigError:
    names = field_names(cls)
    return ConfigError("; ".join(_describe(problem, names) for problem in error.errors()))


def _describe(problem: ErrorDetails, names: list[str]) -> str:
    place = ".".join(str(part) for part in problem["loc"]) or "configuration"
    if problem["type"] == "unexpected_keyword_argument":
        return f"unknown key '{place}' ({nearest(place, names)})"
    if problem["type"] in {"missing", "missing_keyword_only_argument"}:
        return f"missing key '{place}'"
    message = problem["msg"].removeprefix("Value error, ")
    text = f"{message[:1].lower()}{message[1:]}"
    # What a configuration's own checks raise speaks of several settings, and names them itself.
    own = not problem["loc"] or problem["type"] == "value_error"
    return text if own else f"{place}: {text}, not {problem['input']!r}"


def field_names(cls: type[Any]) -> list[str]:
    """The keys that a configuration knows, in the order of their declaration."""
    return list(cls.__dataclass_fields__)


def from_mapping(cls: type[Settings], values: Mapping[str, Any]) -> Settings:
    """Build a configuration from plain values; dashes in keys are read as underscores.

    Raises:
        ConfigError: naming every unknown, missing and wrong key at once.
    """
    return cls(**{str(key).replace("-", "_"): value for key, value in values.items()})


def from_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML (or JSON) file of settings.

    Raises:
        ConfigError: where the file is missing, is no YAML, or holds no mapping.
    """
    import yaml

    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"cannot read the file: {reason}", where=path) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"not valid YAML: {error}", where=path) from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError("expected lines of 'key: value'", where=path)
    return values


def to_dict(config: Any) -> dict[str, Any]:
    """Give a configuration back as plain JSON values (paths as strings, tuples as lists)."""
    values: dict[str, Any] = TypeAdapter(type(config)).dump_python(config, mode="json")
    return values


def to_json(config: Any) -> str:
    """Give a configuration back as the text of a ``config.json``."""
    return json.dumps(to_dict(config), ensure_ascii=False, indent=2) + "\n"


def write_recipe(path: Path, config: Any) -> None:
    """Write a configuration as a YAML file that gives it back, without what is default anyway."""
    import yaml

    from arir.artefacts.atomic import atomic_file

    fields = type(config).__pydantic_fields__
    chosen = {key for key in fields if getattr(config, key) != fields[key].default}
    values = {key: value for key, value in to_dict(config).items() if key in chosen}
    with atomic_file(path) as stream:
        yaml.safe_dump(values, stream, sort_keys=False, allow_unicode=True)


def as_command(name: str, config: Any) -> str:
    """The command line that makes this configuration, without what is default anyway.

    >>> @configuration
    ... class Demo:
    ...     corpus: str = argument("the collection")
    ...     hits: int = option("hits a query", default=1000)
    ...     bm25: bool = option("BM25", default=False)
    >>> as_command("search", Demo(corpus="my corpus", hits=10, bm25=True))
    "arir search 'my corpus' --hits 10 --bm25"
    """
    fields = type(config).__pydantic_fields__
    shown = {key: value for key, value in to_dict(config).items() if value is not None}
    positional, named = [name], []
    for key, value in shown.items():
        extra = fields[key].json_schema_extra or {}
        if extra.get("positional"):
            positional += [str(part) for part in _listed(value)]
        elif getattr(config, key) != fields[key].default:
            named += _flag_words(f"--{key.replace('_', '-')}", value)
    return shlex.join(["arir", *positional, *named])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _flag_words(flag: str, value: Any) -> list[str]:
    if isinstance(value, bool):
        return [flag if value else flag.replace("--", "--no-", 1)]
    return [word for part in _listed(value) for word in (flag, str(part))]
