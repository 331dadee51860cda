"""``arir compare --html FILE --plots DIR``: what is checked before and written after."""

from __future__ import annotations

from arir.artefacts.atomic import check_writable
from arir.compare.config import CompareConfig
from arir.compare.result import Comparison
from arir.data.collection import collection_files

__all__ = ["check_report", "write_report"]


def check_report(config: CompareConfig) -> None:
    """Stop before long work whose report could not be written.

    Raises:
        DataError: where a corpus is not there.
        DependencyError: for plots without matplotlib.
        OutputError: where the page or the plots cannot be written.
    """
    for corpus in config.corpus:
        collection_files(corpus)
    if config.html is not None:
        check_writable(config.html)
    if config.plots is not None:
        from arir.report.plots import require_matplotlib

        require_matplotlib()
        check_writable(config.plots / "means.png")


def write_report(comparison: Comparison, config: CompareConfig) -> None:
    """Write the page and the plots that the settings ask for.

    Raises:
        ConfigError: for a number of corpora that fits neither one nor all collections.
        DataError: for an unusable run or corpus.
        OutputError: where a file cannot be written.
    """
    from arir.report.gather import gather

    report = gather(comparison, config.corpus)
    if config.html is not None:
        from arir.report.page import write_page

        write_page(report, config.html)
    if config.plots is not None:
        from arir.report.plots import write_plots

        write_plots(report, config.plots)
