"""The side file of a teacher file, ``FILE.meta.yaml``: which teacher, and what a score is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from arir.config import from_yaml
from arir.errors import ConfigError, DataError

__all__ = ["Teacher", "read_teacher", "teacher_path"]

SIDE_FILES = (".meta.yaml", ".meta.yml", ".meta.json")


@dataclass(frozen=True)
class Teacher:
    """What a side file says of the scores; whatever it leaves out is ``None``.

    Attributes:
        name: the teacher, such as a hub id.
        revision: of the teacher.
        family: ``bi-encoder``, ``cross-encoder``, ``monot5`` ...
        language: of the texts that the teacher read.
        query_language: of the queries, where it is told apart from the passages'.
        passage_language: of the passages, likewise.
        scale: what a score is: ``logit``, ``cosine``, ``cosine x 20``, ``dot`` ...
        licence: of the teacher.
        notes: the side file's further keys.
    """

    name: str | None = None
    revision: str | None = None
    family: str | None = None
    language: str | None = None
    query_language: str | None = None
    passage_language: str | None = None
    scale: str | None = None
    licence: str | None = None
    notes: dict[str, Any] = field(default_factory=dict)


def teacher_path(scores: Path) -> Path | None:
    """The side file of a teacher file (``FILE.meta.yaml`` or ``.json``), where it has one."""
    candidates = (scores.with_name(f"{scores.name}{suffix}") for suffix in SIDE_FILES)
    return next((path for path in candidates if path.is_file()), None)


def read_teacher(scores: Path) -> Teacher:
    """Read what the side file of a teacher file says; an empty answer where there is none.

    Raises:
        DataError: where the side file is damaged, or a known key holds no text.
    """
    path = teacher_path(scores)
    if path is None:
        return Teacher()
    try:
        values = from_yaml(path)
    except ConfigError as error:
        raise DataError(error.what, where=path, fix="mend or remove it") from None
    same = ("revision", "family", "language", "query_language", "passage_language", "scale")
    known = {"teacher": "name", "licence": "licence"} | {key: key for key in same}
    for key in known:
        if not isinstance(values.get(key, ""), str):
            raise DataError(f"'{key}' is {values[key]!r}, not text", where=path, fix="quote it")
    notes = {key: value for key, value in values.items() if key not in known}
    return Teacher(**{known[key]: values.get(key) for key in known}, notes=notes)
