"""The embedded collection: 200 Arabic passages with English counterparts, topics and judgments.

Written for arir; README.md beside this file says what is in it.
"""

from __future__ import annotations

from pathlib import Path

from arir.errors import DataError, nearest

__all__ = ["sample_files", "sample_path"]

FOLDER = Path(__file__).parent


def sample_files() -> list[str]:
    """The names of the collection's files."""
    return sorted(file.name for file in FOLDER.iterdir() if file.suffix != ".py" and file.is_file())


def sample_path(name: str) -> Path:
    """Where a file of the embedded collection lies.

    Raises:
        DataError: for a name that the collection does not have.

    >>> sample_path("topics.test.ar.tsv").name
    'topics.test.ar.tsv'
    """
    if name not in sample_files():
        raise DataError(f"the sample has no file {name!r}", fix=nearest(name, sample_files()))
    return FOLDER / name
