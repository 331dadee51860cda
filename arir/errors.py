"""Every error that arir raises on purpose, and the exit code that the command line gives each.

    ArirError                 1   a defect of arir itself, or one of those below
    ├── ConfigError           3   a setting is unknown, missing, wrong, or contradicts another
    ├── DataError             4   a collection, topics, qrels, run or score file is unusable
    ├── ModelError            5   a model is unknown, unreachable, or not what was asked for
    ├── IndexMismatchError    6   an index is missing, damaged, or another encoder's or profile's
    ├── DependencyError       7   Java, a package or a device that the command needs is not there
    ├── OutputError           8   a result cannot be written: it exists, or the disk is full
    └── EvaluationError       9   runs and qrels do not fit together, or a statistic is undefined

Click's own usage errors exit with 2, Ctrl-C with 130.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

__all__ = [
    "EXIT_CODES",
    "ArirError",
    "ConfigError",
    "DataError",
    "DependencyError",
    "EvaluationError",
    "IndexMismatchError",
    "ModelError",
    "OutputError",
    "nearest",
]


class ArirError(Exception):
    """The root of all arir errors: what happened, where, and how to mend it, in one line.

    Args:
        what: the fault, without a full stop.
        where: a file, ``file:line``, or an id; put first, so that editors can jump to it.
        fix: what the user can do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: object = None, fix: str | None = None) -> None:
        self.what = what
        self.where = None if where is None else str(where)
        self.fix = fix
        place = f"{self.where}: " if self.where else ""
        remedy = f"; {fix}" if fix else ""
        super().__init__(" ".join(f"{place}{what}{remedy}".split()))


class ConfigError(ArirError):
    """A setting is unknown, missing, of the wrong type, or contradicts another."""

    exit_code = 3


class DataError(ArirError):
    """A collection, topics, qrels, run or score file cannot be used as it is."""

    exit_code = 4


class ModelError(ArirError):
    """A model is unknown, unreachable, or not what was asked for."""

    exit_code = 5


class IndexMismatchError(ArirError):
    """An index is missing, damaged, or was built by another encoder or profile."""

    exit_code = 6


class DependencyError(ArirError):
    """Java, a package or a device that the command needs is not there."""

    exit_code = 7


class OutputError(ArirError):
    """A result cannot be written."""

    exit_code = 8


class EvaluationError(ArirError):
    """Runs and qrels do not fit together, or a statistic is undefined."""

    exit_code = 9


EXIT_CODES: dict[int, str] = {
    0: "success",
    1: "a defect of arir itself; please report it with the output of --debug",
    2: "the command line could not be read (unknown option, missing argument)",
    **{
        kind.exit_code: (kind.__doc__ or "").strip().rstrip(".").lower()
        for kind in (
            ConfigError,
            DataError,
            ModelError,
            IndexMismatchError,
            DependencyError,
            OutputError,
            EvaluationError,
        )
    },
    130: "interrupted with Ctrl-C",
}


def nearest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Say which known names are nearest to a wrong one, as the end of an error message.

    >>> nearest("kd-aradrp", ["kd-aradpr", "kd-mminilm", "bge-m3"])
    'did you mean kd-aradpr?'
    >>> nearest("zzz", ["b", "a"])
    'known: a, b'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=limit, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    return f"known: {', '.join(names)}"
