"""``python -m arir.pyserini MODULE ...``: run a Pyserini module with arir's encoders in it.

    python -m arir.pyserini search.faiss --index DIR --topics FILE --output RUN \\
        --encoder-class kd-aradpr [--encoder FOLDER]

MODULE is any of ``python -m pyserini.MODULE``: encode, index.faiss, search.faiss, search.lucene,
search.hybrid, fusion, eval.trec_eval ... Java is found as in ``arir doctor``. ``--encoder-class``
takes the names of ``arir models list`` as well; without ``--encoder`` the named model itself is
loaded. Ids of topics stay as they are written (``007``).
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import runpy
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from arir.errors import ArirError, ConfigError, nearest
from arir.lucene.java import find_java
from arir.models.registry import list_models
from arir.pyserini.known import is_known
from arir.pyserini.plugin import register
from arir.pyserini.topics import keep_topic_ids

__all__ = ["main"]

#: those that people call, for the message about an unknown one
MODULES = (
    "encode",
    "encode.query",
    "eval.trec_eval",
    "fusion",
    "index.faiss",
    "index.lucene",
    "search.faiss",
    "search.hybrid",
    "search.lucene",
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a Pyserini module and exit as it does; errors of arir become one line."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in {"-h", "--help"}:
        click.echo(__doc__)
        sys.exit(0 if words else 2)
    try:
        _run(words[0].removeprefix("pyserini."), words[1:])
    except ArirError as error:
        click.echo(f"arir: error: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)


def _run(name: str, arguments: list[str]) -> None:
    names = [spec.name for spec in list_models("bi-encoder")]
    arguments = _with_encoder(arguments, names)
    register(*(encoder for encoder in _values(arguments, "--encoder") if is_known(encoder)))
    keep_topic_ids()
    if not _exists(f"pyserini.{name}"):
        raise ConfigError(f"no module pyserini.{name}", fix=nearest(name, MODULES))
    # pyserini.eval.trec_eval calls java by name.
    os.environ["PATH"] = os.pathsep.join((str(find_java().home / "bin"), os.environ["PATH"]))
    sys.argv = [name, *arguments]
    with _more_choices("--encoder-class", names):
        runpy.run_module(f"pyserini.{name}", run_name="__main__", alter_sys=True)


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _with_encoder(arguments: list[str], names: Sequence[str]) -> list[str]:
    """Add ``--encoder NAME`` where only the class was given, and the class is a model's name.

    >>> _with_encoder(["--encoder-class", "bge-m3", "--hits", "5"], ["bge-m3"])
    ['--encoder-class', 'bge-m3', '--encoder', 'bge-m3', '--hits', '5']
    """
    classes = [name for name in _values(arguments, "--encoder-class") if name in names]
    if not classes or _values(arguments, "--encoder"):
        return arguments
    place = next(i for i, word in enumerate(arguments) if classes[0] in word.split("="))
    return [*arguments[: place + 1], "--encoder", classes[0], *arguments[place + 1 :]]


def _values(arguments: Sequence[str], flag: str) -> list[str]:
    """What a flag was given: ``--flag value`` or ``--flag=value``."""
    spaced = [value for word, value in itertools.pairwise(arguments) if word == flag]
    joined = [w.partition("=")[2] for w in arguments if w.startswith(f"{flag}=")]
    return spaced + joined


@contextmanager
def _more_choices(flag: str, names: Sequence[str]) -> Iterator[None]:
    """Let ``argparse`` accept more values for a flag that is declared while the block runs."""
    add_argument = argparse._ActionsContainer.add_argument

    def add(self: Any, *flags: Any, **settings: Any) -> argparse.Action:
        if flag in flags and settings.get("choices"):
            settings["choices"] = [*settings["choices"], *names]
        return add_argument(self, *flags, **settings)

    argparse._ActionsContainer.add_argument = add  # type: ignore[method-assign]
    try:
        yield
    finally:
        argparse._ActionsContainer.add_argument = add_argument  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
