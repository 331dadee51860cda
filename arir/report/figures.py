"""The figures of a report, drawn with matplotlib for a paper's page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.compare import Collection, Pair
from arir.report.data import RECALL_LEVELS, Floats, Observation, leaders
from arir.report.palette import LIGHT, Style, style_of
from arir.report.shaping import shaped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves", "differences", "effects", "means", "scores"]

#: inches: the text width of most papers
WIDTH = 7.0
ROW = 0.3
#: letters of a system's name and of a query
NAME, QUERY = 36, 60
#: pairs in a forest plot; beyond, those of the best system alone
MAX_PAIRS = 30
#: queries named on either side of the differences
NAMED = 3


def means(collection: Collection, measures: Sequence[str], styles: Sequence[Style]) -> Figure:
    """The mean of every system with its interval, one panel a measure."""
    columns = 2 if len(measures) == 4 else min(3, len(measures))
    rows = math.ceil(len(measures) / columns)
    height = rows * (0.7 + ROW * len(collection.systems))
    figure = new_figure(height)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    places = np.arange(len(collection.systems))
    for axes, measure in zip(panels, measures, strict=False):
        for place, system in enumerate(collection.systems):
            _interval(axes, system.means[measure].interval, place, styles[place].colour)
            value = system.means[measure].value
            axes.plot([value], [place], marker="o", color=styles[place].colour)
        axes.set_xlabel(shaped(measure))
        axes.grid(axis="x")
    panels[0].set_yticks(places, [_name(system.name) for system in collection.systems])
    panels[0].set_ylim(len(places) - 0.5, -0.5)
    for axes in panels[len(measures) :]:
        axes.set_visible(False)
    return figure


def effects(collection: Collection, measure: str, best: str) -> Figure:
    """Forest plot of Hedges' g under one measure; hollow marks are not significant."""
    pairs = [pair for pair in collection.pairs if pair.measure == measure]
    if len(pairs) > MAX_PAIRS:
        pairs = [pair for pair in pairs if best in {pair.first, pair.second}]
    pairs.sort(key=lambda pair: -abs(pair.g.value or 0.0))
    figure = new_figure(0.8 + ROW * len(pairs))
    axes = figure.subplots()
    for place, pair in enumerate(pairs):
        _draw_effect(axes, pair, place)
    axes.axvline(0, color="0.4", linewidth=0.8)
    axes.set_yticks(np.arange(len(pairs)), [_pair_name(pair) for pair in pairs])
    axes.set_ylim(len(pairs) - 0.5, -0.5)
    axes.set_xlabel(shaped(f"Hedges’ g ({measure})"))
    axes.grid(axis="x")
    return figure


def _draw_effect(axes: Axes, pair: Pair, place: float) -> None:
    sign = _sign(pair)
    if pair.g.interval is not None:
        _interval(axes, tuple(sign * bound for bound in pair.g.interval), place, LIGHT[0])
    if pair.g.value is not None:
        fill = LIGHT[0] if pair.significant else "white"
        axes.plot([sign * pair.g.value], [place], "o", color=LIGHT[0], markerfacecolor=fill)


def _sign(pair: Pair) -> int:
    """-1 where the pair is turned round, so that the better system is named first."""
    return -1 if (pair.difference.value or 0.0) < 0 else 1


def differences(
    collection: Collection, measure: str, baseline: str | None, styles: Sequence[Style]
) -> Figure:
    """A bar a query for the two leading systems, with the texts of the extreme queries."""
    a, b = leaders(collection, measure, baseline)
    values = collection.matrix(measure)
    gaps = values[a] - values[b]
    order = np.argsort(-gaps, kind="stable")
    figure = new_figure(3.2)
    axes = figure.subplots()
    # One outline for each side: thousands of single bars would be slow to draw and to open.
    edges = np.arange(len(gaps) + 1) - 0.5
    axes.stairs(gaps[order].clip(min=0), edges, fill=True, color=styles[a].colour)
    axes.stairs(gaps[order].clip(max=0), edges, fill=True, color=styles[b].colour)
    axes.axhline(0, color="0.4", linewidth=0.8)
    reach = max(0.01, float(np.abs(gaps).max())) * 1.05
    axes.set_ylim(-reach, reach)
    axes.set_xlim(-0.5, len(gaps) - 0.5)
    axes.set_xlabel(f"{len(gaps):,} queries, largest difference first")
    axes.set_ylabel(shaped(f"difference in {measure}"))
    axes.grid(axis="y")
    names = [_name(collection.systems[at].name) for at in (a, b)]
    gained, lost = (
        [_query(collection, int(at)) for at in part if gaps[at] * sign > 0]
        for part, sign in ((order[:NAMED], 1), (order[::-1][:NAMED], -1))
    )
    _note(axes, 0.98, "top", "right", [f"▲ {names[0]} better", *gained])
    _note(axes, 0.02, "bottom", "left", [*lost[::-1], f"▼ {names[1]} better"])
    return figure


def curves(collection: Collection, runs: Sequence[Observation], styles: Sequence[Style]) -> Figure:
    """Recall and precision curves of all systems."""
    figure = new_figure(4.0)
    axes = figure.subplots()
    for system, run, style in zip(collection.systems, runs, styles, strict=True):
        dash = (0, style.dash) if style.dash else "solid"
        label = _name(system.name)
        axes.plot(RECALL_LEVELS, run.curve, color=style.colour, linestyle=dash, label=label)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("recall")
    axes.set_ylabel("interpolated precision")
    axes.grid()
    figure.legend(loc="outside lower center", ncols=_legend_columns(collection))
    return figure


def scores(collection: Collection, runs: Sequence[Observation], styles: Sequence[Style]) -> Figure:
    """How the scores of relevant hits (filled) and of the others (outlined) are spread."""
    columns = min(3, len(runs))
    rows = math.ceil(len(runs) / columns)
    figure = new_figure(1.7 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, system, run, style in zip(panels, collection.systems, runs, styles, strict=False):
        spread = run.scores
        fill = {"fill": True, "color": style.colour, "alpha": 0.75, "label": "relevant"}
        axes.stairs(_shares(spread.relevant), spread.edges, **fill)
        axes.stairs(_shares(spread.other), spread.edges, color="black", label="other")
        axes.set_yticks([])
        axes.set_xlabel(_name(system.name), fontsize="small")
    for axes in panels[len(runs) :]:
        axes.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure


def new_figure(height: float) -> Figure:
    """An empty figure of the page's width; nothing is kept by pyplot."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, max(1.5, height)), layout="constrained")


def styles_of(collection: Collection, names: Sequence[str]) -> list[Style]:
    """The style of each system, by its place among all names of the comparison."""
    return [style_of(names.index(system.name)) for system in collection.systems]


def _interval(axes: Axes, interval: Sequence[float] | None, place: float, colour: str) -> None:
    if interval is not None:
        axes.plot(interval, [place, place], color=colour, linewidth=1.5)


def _shares(counts: NDArray[np.int64]) -> Floats:
    shares: Floats = counts / max(1, int(counts.sum()))
    return shares


def _legend_columns(collection: Collection) -> int:
    """As many as stand side by side: a letter takes about 0.07 inches, a line 0.6."""
    longest = max(min(NAME, len(system.name)) for system in collection.systems)
    return max(1, min(4, int(WIDTH / (0.6 + 0.07 * longest))))


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _name(name: str) -> str:
    return shaped(_cut(name, NAME))


def _pair_name(pair: Pair) -> str:
    names = [shaped(_cut(name, NAME // 2)) for name in (pair.first, pair.second)]
    return " − ".join(names[:: _sign(pair)])


def _query(collection: Collection, position: int) -> str:
    topic = collection.topic_ids[position]
    return shaped(_cut(collection.queries.get(topic, topic), QUERY))


def _note(axes: Axes, y: float, vertical: str, horizontal: str, lines: Sequence[str]) -> None:
    """Lines of text in the corner that the bars leave free."""
    x = 0.99 if horizontal == "right" else 0.01
    axes.annotate(
        "\n".join(lines),
        (x, y),
        xycoords="axes fraction",
        ha=horizontal,
        va=vertical,
        fontsize="small",
        linespacing=1.5,
        bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.0},
    )
