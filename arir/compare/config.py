"""Settings of ``arir compare``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.compare.corrections import Correction
from arir.compare.significance.common import Sides
from arir.config import argument, configuration, option
from arir.display import Format
from arir.evaluate.config import check_runs
from arir.evaluate.measures import parse_measures
from arir.evaluate.per_query import check_suffix

__all__ = ["CompareConfig", "TestName"]

TestName = Literal["randomisation", "t", "wilcoxon", "bootstrap", "sign", "tukey"]


@configuration
class CompareConfig:
    """Compare runs under significance tests.

    Every pair of runs is compared (or every run with --baseline), topic by topic, under every
    measure; the p-values are corrected for the number of these hypotheses. Values are trec_eval's,
    over all topics of the qrels; topics that a run lacks count 0.

    The default test is the paired randomisation test: it tests the difference of the means that the
    table shows, assumes no distribution, and is exact for few topics. The t-test (t) is as good on
    25 topics or more, and quicker; wilcoxon and sign test ranks and wins, not means; bootstrap is
    the studentised paired bootstrap with BCa intervals; tukey is the randomised HSD over all
    systems at once, with simultaneous intervals.

    A one-sided test asks whether the first system of a pair is better (greater) or worse (less)
    than the second, which is the baseline or the one named later on the command line.

    Runs measured against different qrels are grouped by collection, matched into systems by file
    name or tag, and compared by macro average, too.
    """

    runs: tuple[Path, ...] = argument("TREC runs, plain or gzip", metavar="RUN...")
    qrels: Path | None = option(
        "Relevance judgments; by default those that a run's side file names",
        default=None,
        metavar="FILE",
    )
    measure: tuple[str, ...] = option(
        "Measure, as arir evaluate takes it; give it several times for several",
        default=("nDCG@10",),
        flags=("-m",),
        metavar="NAME",
    )
    baseline: str | None = option(
        "Compare every run with this one alone", default=None, metavar="RUN"
    )
    test: TestName = option("Significance test", default="randomisation")
    sides: Sides = option("Alternative: differs, or first is greater, or less", default="two")
    correction: Correction = option(
        "Correction for the number of hypotheses; bh controls the false discovery rate",
        default="holm",
    )
    alpha: float = option("Significance level", default=0.05, more_than=0)
    power: float = option(
        "Power of the detectable differences and topics needed", default=0.8, more_than=0
    )
    equivalence: float | None = option(
        "Test equivalence within this margin, too (TOST)",
        default=None,
        metavar="MARGIN",
        more_than=0,
    )
    permutations: int = option(
        "Resamples of the randomisation, bootstrap and Tukey tests", default=100_000, at_least=99
    )
    seed: int = option("Seed of the resamples", default=0, at_least=0)
    topics: tuple[Path, ...] = option(
        "Topics, for the queries' texts; one for all collections, or one for each; by default "
        "those that a run's side file names",
        default=(),
        metavar="FILE",
    )
    queries: int = option(
        "Show this many of the hardest queries, and of the largest gains and losses",
        default=0,
        at_least=0,
    )
    groups: Path | None = option(
        "YAML file: a group's name to its collections; reports the gap between groups",
        default=None,
        metavar="FILE",
    )
    format: Format = option("How to write the tables", default="table")
    per_query: Path | None = option(
        "Write the value of every topic, too, as .tsv, .jsonl or .parquet",
        default=None,
        metavar="FILE",
    )
    html: Path | None = option(
        "Write a page for the browser, too: tables, figures and every query, in one file",
        default=None,
        metavar="FILE",
    )
    plots: Path | None = option(
        "Write the figures, too, as PNG, SVG and PDF", default=None, metavar="DIR"
    )
    corpus: tuple[Path, ...] = option(
        "Collection whose passages the page shows; one for all collections, or one for each",
        default=(),
        metavar="CORPUS",
    )

    @property
    def reports(self) -> bool:
        """Whether a page or plots are wanted."""
        return self.html is not None or self.plots is not None

    def __post_init__(self) -> None:
        """Check runs, measures, levels, and settings that contradict each other.

        Raises:
            ValueError: for the first of them that is wrong.
        """
        check_runs(self.runs)
        parse_measures(self.measure)
        if not self.alpha < 1:
            raise ValueError(f"alpha must be below 1, not {self.alpha}")
        if not self.alpha < self.power < 1:
            raise ValueError(f"power must lie between alpha and 1, not {self.power}")
        if self.test == "tukey" and self.sides != "two":
            raise ValueError("the tukey test is two-sided; choose another --test for one side")
        if self.test == "tukey" and self.correction == "bh":
            raise ValueError(
                "the tukey test controls the chance of any false rejection, not the false "
                "discovery rate; choose --correction holm, or another --test"
            )
        if self.per_query is not None:
            check_suffix(self.per_query)
        if self.corpus and self.html is None:
            raise ValueError("a corpus is for the page; name its file with --html")
