"""The texts of the judged topics, given or found through a run's side file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arir.artefacts import read_provenance, sha256_of
from arir.data.topics import read_topics
from arir.errors import ArirError

__all__ = ["query_texts"]


def query_texts(given: Path | None, runs: Sequence[Path]) -> dict[str, str]:
    """Topic id to text, from the file given or the first that a side file names and that stands.

    Texts only adorn a comparison: a topics file that was not asked for and is gone, changed or
    broken is passed over.

    Raises:
        DataError: where the file given is unusable.
    """
    if given is not None:
        return read_topics(given)
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
