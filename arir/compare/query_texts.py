"""The texts of the judged topics, given or found through a run's side file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arir.artefacts import read_provenance, sha256_of
from arir.data.topics import read_topics
from arir.errors import ArirError, ConfigError

__all__ = ["query_texts"]


def query_texts(
    given: Sequence[Path], collections: Sequence[Sequence[Path]]
) -> list[dict[str, str]]:
    """Topic id to text for each collection; the same id may be another query in another one.

    Args:
        given: topics files: none, one for all collections, or one for each in their order.
        collections: the runs of each collection.

    Raises:
        ConfigError: for another number of files.
        DataError: where a file given is unusable.
    """
    if not given:
        return [_recorded_texts(runs) for runs in collections]
    if len(given) not in {1, len(collections)}:
        raise ConfigError(
            f"{len(given)} topics files for {len(collections)} collections",
            fix="give one for all, or one for each, in the order in which the table names them",
        )
    texts = [read_topics(path) for path in given]
    return texts if len(texts) > 1 else texts * len(collections)


def _recorded_texts(runs: Sequence[Path]) -> dict[str, str]:
    """The texts that the side files of one collection's runs name, the first of them first.

    Texts only adorn a comparison: a topics file that was not asked for and is gone, changed or
    broken is passed over.
    """
    texts: dict[str, str] = {}
    for path in dict.fromkeys(found for run in runs if (found := _recorded(run)) is not None):
        try:
            texts = read_topics(path) | texts
        except ArirError:
            continue
    return texts


def _recorded(run: Path) -> Path | None:
    try:
        groups = read_provenance(run) or {}
        entry = groups["data"]["test collection"]["topics"]
        path = run.parent / str(entry["path"])
        return path if path.is_file() and sha256_of(path) == entry["sha256"] else None
    except (ArirError, KeyError, TypeError):
        return None
