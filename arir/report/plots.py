"""``--plots DIR``: every figure as PNG, SVG and PDF."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.artefacts.atomic import atomic_bytes
from arir.compare import Collection
from arir.errors import DependencyError
from arir.report import figures
from arir.report.data import Report, Seen, leaders
from arir.report.shaping import font_families

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FORMATS", "require_matplotlib", "write_plots"]

#: suffix to metadata without the date, so that the same report gives the same bytes
FORMATS: dict[str, dict[str, Any]] = {
    "png": {},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
#: letters as outlines in SVG and as TrueType in PDF: both look the same without the fonts
STYLE: dict[str, Any] = {
    "axes.axisbelow": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.size": 8.0,
    "grid.color": "0.88",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5.0,
    "pdf.fonttype": 42,
    "savefig.dpi": 300,
    "svg.fonttype": "path",
    "svg.hashsalt": "arir",
    "text.parse_math": False,
}


def require_matplotlib() -> None:
    """Stop early where plots cannot be drawn.

    Raises:
        DependencyError: where matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        fix = "pip install 'arir[report]'"
        raise DependencyError("plots need matplotlib, which is not installed", fix=fix) from None


def write_plots(report: Report, folder: Path) -> list[Path]:
    """Draw all figures into a folder, replacing those of an earlier run.

    Raises:
        DependencyError: where matplotlib is not installed.
        OutputError: where a file cannot be written.

    Returns:
        The files, in the order of the figures.
    """
    require_matplotlib()
    import matplotlib as mpl

    written = []
    with mpl.rc_context(style()):
        for name, figure in _figures(report):
            for suffix, metadata in FORMATS.items():
                path = folder / f"{name}.{suffix}"
                content = io.BytesIO()
                figure.savefig(content, format=suffix, metadata=metadata)
                atomic_bytes(path, content.getvalue())
                written.append(path)
    return written


def style() -> Any:
    """Settings under which figures are drawn."""
    return {**STYLE, "font.family": font_families()}


def _figures(report: Report) -> Iterator[tuple[str, Figure]]:
    """File names without suffix, and the figures; a folder for each of several collections."""
    collections = report.comparison.collections
    for collection, seen in zip(collections, report.seen, strict=True):
        folder = f"{_slug(collection.name)}/" if len(collections) > 1 else ""
        for name, figure in _of_collection(report, collection, seen):
            yield f"{folder}{name}", figure


def _of_collection(
    report: Report, collection: Collection, seen: Seen
) -> Iterator[tuple[str, Figure]]:
    design = report.comparison.design
    styles = figures.styles_of(collection, list(report.comparison.letters))
    yield "means", figures.means(collection, design.measures, styles)
    for measure in design.measures:
        best = collection.systems[leaders(collection, measure, design.baseline)[0]].name
        if any(pair.measure == measure for pair in collection.pairs):
            yield f"effects-{_slug(measure)}", figures.effects(collection, measure, best)
        if len(collection.systems) > 1:
            bars = figures.differences(collection, measure, design.baseline, styles)
            yield f"differences-{_slug(measure)}", bars
    yield "recall-precision", figures.curves(collection, seen.runs, styles)
    yield "scores", figures.scores(collection, seen.runs, styles)


def _slug(name: str) -> str:
    """A name that every file system takes.

    >>> _slug("AP(rel=2)@100")
    'AP-rel-2-100'
    """
    return re.sub(r"[^\w.]+", "-", name).strip("-.") or "collection"
