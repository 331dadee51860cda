"""Settings of ``arir quickstart``."""

from __future__ import annotations

from pathlib import Path

from arir.config import configuration, option

__all__ = ["QuickstartConfig"]


@configuration
class QuickstartConfig:
    """See the whole chain at work on the embedded Arabic collection, in a few minutes.

    Builds a BM25 index, distils a small student from cached English teacher scores and trains its
    twin without a teacher, encodes the collection, searches, reranks, fuses, and compares all runs
    under a significance test. Each step is an ordinary command, shown as one could type it.
    """

    output: Path = option("Folder for everything that it makes", default=Path("quickstart"))
    seed: int = option("Seed of the students", default=7, at_least=0)
    steps: int | None = option(
        "Optimiser steps of the students; fewer are quicker and rank worse",
        default=None,
        at_least=1,
    )
