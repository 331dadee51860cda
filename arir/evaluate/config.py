"""Settings of ``arir evaluate``."""

from __future__ import annotations

from pathlib import Path

from arir.config import argument, configuration, option
from arir.display import Format
from arir.evaluate.measures import parse_measures
from arir.evaluate.per_query import check_suffix

__all__ = ["DEFAULT_MEASURES", "EvaluateConfig"]

DEFAULT_MEASURES = ("nDCG@10", "RR@10", "R@100")


@configuration
class EvaluateConfig:
    """Measure runs against qrels, to the last digit as trec_eval does.

    Measures are written as in ir-measures: nDCG@10, RR, RR@10, AP, AP(rel=2)@100, P@10, R@1000,
    Success@5, Rprec, IPrec@0.5, Bpref, infAP, Judged@10, RBP(p=0.8), ERR@20, SetP, SetR, SetF,
    SetAP, NumQ, NumRet, NumRel, NumRelRet. RR has no cut-off, like trec_eval's recip_rank; RR@10
    is that of MS MARCO.

    Values are means over all topics of the qrels; those that a run lacks count 0 and are named.
    Hits are ranked by score, equal scores by passage id in descending order. Without --qrels each
    run is measured against the qrels that its side file names.
    """

    runs: tuple[Path, ...] = argument("TREC runs, plain or gzip", metavar="RUN...")
    qrels: Path | None = option(
        "Relevance judgments; by default those that a run's side file names",
        default=None,
        metavar="FILE",
    )
    measure: tuple[str, ...] = option(
        "Measure; give it several times for several",
        default=DEFAULT_MEASURES,
        flags=("-m",),
        metavar="NAME",
    )
    format: Format = option("How to write the table", default="table")
    per_query: Path | None = option(
        "Write the value of every topic, too, as .tsv, .jsonl or .parquet",
        default=None,
        metavar="FILE",
    )

    def __post_init__(self) -> None:
        """Check runs, measures and the per-query file.

        Raises:
            ValueError: for no run or one given twice, an unknown measure, or an unknown suffix.
        """
        check_runs(self.runs)
        parse_measures(self.measure)
        if self.per_query is not None:
            check_suffix(self.per_query)


def check_runs(runs: tuple[Path, ...], at_least: int = 1) -> None:
    """Check that there are runs enough and none of them twice.

    Raises:
        ValueError: naming the run that is given twice.
    """
    if len(runs) < at_least:
        raise ValueError(f"at least {at_least} run{'s' if at_least > 1 else ''} must be given")
    first: dict[Path, Path] = {}
    for run in runs:
        if run.resolve() in first:
            raise ValueError(f"the run {run} is given twice; name each run once")
        first[run.resolve()] = run
