"""The judgments that belong to a topics file, so that a run can name them for later commands."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from arir.data.qrels import read_qrels
from arir.errors import DataError, EvaluationError

__all__ = ["qrels_of"]


def qrels_of(topics: Path, topic_ids: Collection[str], given: Path | None = None) -> Path | None:
    """The qrels that were given, or those that lie beside the topics.

    Beside ``topics.test.ar.tsv`` the first of ``topics.test.ar.qrels.txt``, ``qrels.test.ar.txt``,
    ``qrels.test.txt`` and ``qrels.txt`` that judges at least one of the topics is taken; beside
    ``NAME.tsv`` the first of ``NAME.qrels.txt`` and ``qrels.txt``.

    Raises:
        DataError: where the given file is missing or malformed.
        EvaluationError: where it judges none of the topics.
    """
    if given is not None:
        if read_qrels(given).keys().isdisjoint(topic_ids):
            raise EvaluationError(
                f"judges none of the {len(topic_ids)} topics of {topics}",
                where=given,
                fix="name the qrels of these topics",
            )
        return given
    return next((path for path in _beside(topics) if _judges(path, topic_ids)), None)


def _beside(topics: Path) -> list[Path]:
    """Where the qrels may lie, the most particular name first.

    >>> [path.name for path in _beside(Path("topics.test.ar.tsv"))]
    ['topics.test.ar.qrels.txt', 'qrels.test.ar.txt', 'qrels.test.txt', 'qrels.txt']
    """
    stem = topics.name.removesuffix(".gz").removesuffix(".tsv").removesuffix(".txt")
    parts = stem.removeprefix("topics").strip(".").split(".") if stem.startswith("topics") else []
    shorter = [".".join(("qrels", *parts[:n], "txt")) for n in range(len(parts), 0, -1)]
    names = dict.fromkeys((f"{stem}.qrels.txt", *shorter, "qrels.txt"))
    return [topics.with_name(name) for name in names]


def _judges(path: Path, topic_ids: Collection[str]) -> bool:
    """Whether a file found by its name fits; a broken one is nobody's concern here."""
    try:
        return path.is_file() and not read_qrels(path).keys().isdisjoint(topic_ids)
    except DataError:
        return False
