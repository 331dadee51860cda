"""Settings of ``arir quickstart``."""

from __future__ import annotations

from pathlib import Path

from arir.config import configuration, option

__all__ = ["QuickstartConfig"]


@configuration
class QuickstartConfig:
    """See retrieval and distillation at work on the embedded Arabic collection.

    First with the students that ship with arir: a BM25 index and one of kd-mini's vectors, search
    in Arabic and English, hybrid search, reranking by kd-mini-ce, and a comparison under a
    significance test. Then live: a small student is distilled from cached English teacher scores
    and its twin is trained without a teacher, and both join the comparison. Each step is an
    ordinary command, shown as one could type it.
    """

    output: Path = option("Folder for everything that it makes", default=Path("quickstart"))
    live: bool = option("Distil a student on the spot, too", default=True)
    seed: int = option("Seed of the live students", default=7, at_least=0)
    steps: int | None = option(
        "Optimiser steps of the live students; fewer are quicker and rank worse",
        default=None,
        at_least=1,
    )

    def __post_init__(self) -> None:
        """Check that steps are given only where something is trained.

        Raises:
            ValueError: where they are given without the live part.
        """
        if self.steps is not None and not self.live:
            raise ValueError("steps are those of the live students; leave them out, or --no-live")
