"""Settings of ``arir mine``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from arir.config import argument, configuration, option
from arir.evaluate.config import check_runs

__all__ = ["MineConfig"]


@configuration
class MineConfig:
    """Mine hard negatives from runs: highly ranked passages that are not relevant.

    The candidates of a query are the hits at ranks --skip-top + 1 to --depth of any run that stand
    among the first --skip-top of none, ordered by their best rank. Relevant passages are never
    taken. Candidates judged not relevant are taken as they come; for the unjudged ones --margin and
    --relative-margin tell false negatives by their scores, next to that of the query's positive.

    The scores are those of --scores, a teacher's; else those of the runs, each run by itself, and a
    candidate goes where any of them speaks against it. Of several positives the one with the lowest
    score decides. What cannot be checked, since a score is missing, is kept and counted.
    """

    runs: tuple[Path, ...] = argument("TREC runs of the training topics", metavar="RUN...")
    qrels: Path = option("Relevance judgments: the positives", metavar="FILE")
    output: Path = option("The JSONL file to write", metavar="FILE")
    negatives: int = option("Negatives a query, at most", default=8, at_least=1)
    depth: int = option("Hits a query that are read from each run", default=100, at_least=1)
    skip_top: int = option("Ranks of each run to pass over", default=0, at_least=0)
    scores: Path | None = option(
        "A teacher's scores, for the margins: a store of arir score-teacher, or JSONL lines of "
        "[qid, [pid, score], ...]",
        default=None,
        metavar="PATH",
    )
    margin: float | None = option(
        "Drop candidates whose score is above positive - margin", default=None
    )
    relative_margin: float | None = option(
        "Drop candidates whose score is above positive - margin * |positive|",
        default=None,
        at_least=0,
    )
    relevant: int = option("Lowest grade of a positive", default=1, at_least=1)
    sampling: Literal["top", "random"] = option(
        "Take the first candidates, or draw them evenly", default="top"
    )
    seed: int = option("Of the random sampling", default=42, at_least=0)

    def __post_init__(self) -> None:
        """Check that the settings fit together.

        Raises:
            ValueError: for no run or one given twice, ranks that leave no candidate, a compressed
                output, a margin that is no number, or scores that no margin reads.
        """
        check_runs(self.runs)
        if self.output.suffix == ".gz":
            raise ValueError(
                f"output must not end in .gz, since it is written plain: {self.output}"
            )
        if self.output.resolve() in {path.resolve() for path in (*self.runs, self.qrels)}:
            raise ValueError(f"output {self.output} is one of the inputs")
        if self.skip_top >= self.depth:
            raise ValueError(
                f"skip_top {self.skip_top} leaves no candidate at a depth of {self.depth}"
            )
        for margin in (self.margin, self.relative_margin):
            if margin is not None and not math.isfinite(margin):
                raise ValueError(f"margin and relative_margin must be finite, not {margin}")
        if self.scores is not None and not self.guarded:
            raise ValueError("scores serve the margins alone; add margin or relative_margin")

    @property
    def guarded(self) -> bool:
        """Whether scores tell false negatives."""
        return self.margin is not None or self.relative_margin is not None
