"""Where the quickstart keeps what it makes."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from arir.errors import OutputError
from arir.sample import sample_files, sample_path

__all__ = ["Places", "prepare"]

MARK = ".arir-quickstart"


@dataclass(frozen=True)
class Places:
    """The folders and files below the quickstart's output folder."""

    root: Path

    @property
    def corpus(self) -> Path:
        """The Arabic passages."""
        return self.collection("corpus.ar.jsonl")

    @property
    def qrels(self) -> Path:
        """The judgments of the test queries."""
        return self.collection("qrels.test.txt")

    def topics(self, language: str) -> Path:
        """The test queries in a language, ``ar`` or ``en``."""
        return self.collection(f"topics.test.{language}.tsv")

    def collection(self, name: str) -> Path:
        """A file of the sample collection."""
        return self.root / "collection" / name

    def index(self, name: str) -> Path:
        """An index."""
        return self.root / "indexes" / name

    def model(self, name: str) -> Path:
        """A student."""
        return self.root / "models" / name

    def recipe(self, name: str) -> Path:
        """The settings that a student was trained with."""
        return self.root / "recipes" / f"{name}.yaml"

    def run(self, name: str) -> Path:
        """A run."""
        return self.root / "runs" / f"{name}.trec"


def prepare(root: Path) -> Places:
    """Empty an earlier quickstart's folder, or make a new one, and copy the sample collection in.

    Raises:
        OutputError: where the folder holds something that no quickstart made.
    """
    if root.exists() and not (root / MARK).is_file() and any(root.iterdir()):
        fix = "choose another folder with --output"
        raise OutputError("the folder holds files of another origin", where=root, fix=fix)
    try:
        shutil.rmtree(root, ignore_errors=True)
        places = Places(root)
        places.collection("").mkdir(parents=True)
        (root / MARK).touch()
        for name in sample_files():
            shutil.copyfile(sample_path(name), places.collection(name))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot be written: {reason}", where=root) from None
    return places
