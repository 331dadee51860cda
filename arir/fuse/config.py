"""Settings of ``arir fuse``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Literal

from arir.config import argument, configuration, option
from arir.evaluate.config import check_runs
from arir.evaluate.measures import parse_measure
from arir.fuse.methods import METHODS, MethodName
from arir.fuse.normalise import Normalisation
from arir.search.config import check_run_name

__all__ = ["FuseConfig"]

#: settings of a grid of weights that is worth trying
MOST_WEIGHTS = 5000


@configuration
class FuseConfig:
    """Fuse runs of the same topics into one.

    By ranks: rrf (reciprocal rank fusion), isr, logisr, borda, condorcet. By scores, normalised
    topic by topic: interpolation (weighted mean; a passage that a run lacks counts 0 there),
    combsum, combmnz, combanz, combmax, combmin, combmed. A topic that a run lacks is fused from
    the others.

    With --tune MEASURE the weights are chosen on a grid by the measure. Where --tune-qrels judges
    other topics, they are chosen on these and reported on those of --qrels. Otherwise they are
    cross-validated: each fold of the topics is fused with the weights that are best on the others.
    """

    runs: tuple[Path, ...] = argument("TREC runs, plain or gzip", metavar="RUN...")
    output: Path = option("The run to write", metavar="RUN")
    method: MethodName = option("How to fuse", default="rrf")
    weight: tuple[float, ...] = option(
        "Weight of a run; give it once for each run, in their order", default=(), flags=("-w",)
    )
    normalise: Normalisation | None = option(
        "Scale of the scores, for methods by scores; min-max by default", default=None
    )
    k: float | None = option("rrf: 1 / (k + rank); 60 by default", default=None, at_least=0)
    depth: int = option("Hits a topic that are read from each run", default=1000, at_least=1)
    hits: int = option("Hits a topic that are written", default=1000, at_least=1)
    tag: str | None = option("Name of the run; by default its file name", default=None)
    qrels: Path | None = option(
        "Relevance judgments; by default those that the side files of the runs name",
        default=None,
        metavar="FILE",
    )
    tune: str | None = option(
        "Tune the weights for this measure, such as nDCG@10", default=None, metavar="NAME"
    )
    tune_qrels: Path | None = option(
        "Relevance judgments of the topics to tune on", default=None, metavar="FILE"
    )
    tune_run: tuple[Path, ...] = option(
        "Run of the topics to tune on, once for each run, in their order; by default the runs",
        default=(),
        metavar="RUN",
    )
    choose: Literal["best", "steady"] = option(
        "Tuning: the weights of the best mean, or of those within one standard error of it the most"
        " equal ones, which carry over better to other collections",
        default="best",
    )
    step: float = option("Tuning: step of the grid of weights", default=0.1, more_than=0, at_most=1)
    folds: int = option("Tuning: folds of the cross-validation", default=5, at_least=2)
    seed: int = option("Tuning: of the folds", default=42, at_least=0)

    def __post_init__(self) -> None:
        """Check that the settings fit together.

        Raises:
            ValueError: for a run given twice, weights that do not fit runs or method, or a setting
                that the method or the tuning does not know.
        """
        check_runs(self.runs, at_least=2)
        check_run_name(self.output, self.tag)
        if self.output.resolve() in {run.resolve() for run in self.runs}:
            raise ValueError(f"output {self.output} is one of the runs to fuse")
        _check_method(self)
        _check_weights(self.weight, len(self.runs))
        _check_tuning(self)


def _check_method(config: FuseConfig) -> None:
    method = METHODS[config.method]
    if config.normalise is not None and not method.scores:
        raise ValueError(f"{config.method} reads ranks alone; leave normalise out")
    if config.k is not None and config.method != "rrf":
        raise ValueError(f"k belongs to rrf, not to {config.method}")
    if not method.weighted and (config.weight or config.tune):
        weighted = ", ".join(name for name, known in METHODS.items() if known.weighted)
        raise ValueError(f"{config.method} knows no weights; these do: {weighted}")


def _check_weights(weights: tuple[float, ...], runs: int) -> None:
    if not weights:
        return
    if len(weights) != runs:
        raise ValueError(f"{len(weights)} weights for {runs} runs; give one for each run")
    if not all(math.isfinite(weight) and weight >= 0 for weight in weights) or sum(weights) == 0:
        raise ValueError("weights must be 0 or more, and one of them more")


def _check_tuning(config: FuseConfig) -> None:
    if config.tune is None:
        if config.tune_qrels is not None or config.tune_run:
            raise ValueError("tune_qrels and tune_run need tune, the measure to tune for")
        return
    if config.weight:
        raise ValueError("weight and tune exclude each other")
    if config.tune_run and config.tune_qrels is None:
        raise ValueError("tune_run needs tune_qrels, the judgments of its topics")
    if config.tune_run and len(config.tune_run) != len(config.runs):
        raise ValueError(f"{len(config.tune_run)} tune_run for {len(config.runs)} runs")
    if parse_measure(config.tune).definition.aggregate == "sum":
        raise ValueError(f"tune must not name a count, as {config.tune} is")
    parts = round(1 / config.step)
    if abs(parts * config.step - 1) > 1e-9:
        raise ValueError(f"step must divide 1, as 0.1 or 0.05 do, not {config.step}")
    size = math.comb(parts + len(config.runs) - 1, len(config.runs) - 1)
    if size > MOST_WEIGHTS:
        raise ValueError(f"the grid has {size:,} weights; choose a larger step than {config.step}")
