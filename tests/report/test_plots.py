"""Plots: every format, embedded fonts, joined Arabic, nothing cut off, the same bytes again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from arabic_reshaper import reshape
from bidi.algorithm import get_display
from matplotlib import ft2font
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

from arir.errors import DependencyError, OutputError
from arir.report import figures, plots
from arir.report.data import Report
from arir.report.plots import write_plots
from arir.report.shaping import shaped
from tests.report.sample import MEASURES, changed, first, renamed

BEGINS = {"png": b"\x89PNG\r\n", "svg": b"<?xml", "pdf": b"%PDF-"}
ARABIC = "ما الذي يمنع الدم من العودة إلى الخلف داخل القلب؟"
LEFT_TO_RIGHT = "\u202d"


@pytest.fixture(scope="module")
def short(report: Report) -> Report:
    """Under one measure, to draw less."""
    design = replace(report.comparison.design, measures=MEASURES[:1])
    return replace(report, comparison=replace(report.comparison, design=design))


@pytest.fixture(scope="module")
def written(short: Report, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_plots(short, tmp_path_factory.mktemp("plots"))


@pytest.fixture
def style() -> Iterator[None]:
    with mpl.rc_context(plots.style()):
        yield


def test_every_figure_comes_in_every_format(written: list[Path]) -> None:
    names = {"means", "effects-nDCG-10", "differences-nDCG-10", "recall-precision", "scores"}
    assert {path.name for path in written} == {f"{n}.{s}" for n in names for s in plots.FORMATS}
    for path in written:
        assert path.read_bytes().startswith(BEGINS[path.suffix[1:]])


def test_files_carry_their_letters(written: list[Path]) -> None:
    for path in written:
        content = path.read_bytes()
        if path.suffix == ".pdf":
            assert b"/FontFile2" in content
            assert b"/Type3" not in content
        if path.suffix == ".svg":
            assert b"<text" not in content


def test_the_same_report_gives_the_same_bytes(
    short: Report, written: list[Path], tmp_path: Path
) -> None:
    for one, other in zip(written, write_plots(short, tmp_path), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_collections_have_folders_of_their_own(
    several: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plots, "FORMATS", {"svg": {}})
    folders = {path.parent.name for path in write_plots(several, tmp_path)}
    assert folders == {"a", "b"}


def pixels(text: str) -> NDArray[np.uint8]:
    figure = Figure(figsize=(6, 0.5))
    figure.text(0.02, 0.3, text, fontsize=14)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., 0].copy()


@pytest.mark.parametrize("text", [ARABIC, "نموذج BM25 رقم 12"])
def test_arabic_is_joined_and_runs_from_right_to_left(style: None, text: str) -> None:
    """The picture must be that of the joined forms in visual order, whoever did the joining."""
    visual = get_display(reshape(text))
    shapes_itself = hasattr(ft2font, "__libraqm_version__")
    drawn = pixels(f"{LEFT_TO_RIGHT}{visual}" if shapes_itself else visual)
    assert (pixels(shaped(text)) == drawn).all()
    assert (pixels(f"{LEFT_TO_RIGHT}{text}") != drawn).any()


def test_queries_are_named_in_arabic_beside_the_bars(style: None, report: Report) -> None:
    collection = first(report)
    styles = figures.styles_of(collection, list(report.comparison.letters))
    drawn = figures.differences(collection, MEASURES[0], None, styles)
    text = "\n".join(one.get_text() for one in drawn.findobj(Text))  # type: ignore[attr-defined]
    assert shaped(ARABIC) in text


def test_no_text_is_cut_off_however_long_the_names(style: None, report: Report) -> None:
    names = {name: f"{name} {'checkpoint ' * 12}" for name in report.comparison.letters}
    long = renamed(report, names)
    long = changed(long, queries=dict.fromkeys(first(report).topic_ids, ARABIC * 6))
    collection, runs = first(long), long.seen[0].runs
    styles = figures.styles_of(collection, list(long.comparison.letters))
    drawn = [
        figures.means(collection, MEASURES, styles),
        figures.effects(collection, MEASURES[0], collection.systems[0].name),
        figures.differences(collection, MEASURES[0], None, styles),
        figures.curves(collection, runs, styles),
        figures.scores(collection, runs, styles),
    ]
    for figure in drawn:
        FigureCanvasAgg(figure).draw()
        box = figure.get_tightbbox()
        width, height = figure.get_size_inches()
        assert box.x0 >= -0.01
        assert box.y0 >= -0.01
        assert box.x1 <= width + 0.01
        assert box.y1 <= height + 0.01


def test_a_dollar_is_no_formula(style: None, report: Report) -> None:
    names = {name: f"{name} $_ \\frac" for name in report.comparison.letters}
    collection = first(renamed(report, names))
    styles = figures.styles_of(collection, list(names.values()))
    figure = figures.means(collection, MEASURES, styles)
    FigureCanvasAgg(figure).draw()
    assert figure.axes[0].get_yticklabels()[0].get_text() == "words $_ \\frac"


def test_systems_without_variance_are_drawn_without_intervals(style: None, report: Report) -> None:
    pairs = tuple(
        replace(pair, g=replace(pair.g, value=None, interval=None)) for pair in first(report).pairs
    )
    figure = figures.effects(changed(report, pairs=pairs).comparison.collections[0], "AP", "words")
    assert len(figure.axes[0].get_yticklabels()) == 3


def test_without_matplotlib_the_extra_is_named(
    short: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DependencyError, match=r"pip install 'arir\[report\]'"):
        write_plots(short, tmp_path)


def test_a_folder_that_is_a_file_is_named(short: Report, tmp_path: Path) -> None:
    (tmp_path / "plots").write_text("mine")
    with pytest.raises(OutputError, match="plots"):
        write_plots(short, tmp_path / "plots")
    assert (tmp_path / "plots").read_text() == "mine"
