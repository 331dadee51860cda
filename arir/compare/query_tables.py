"""The query-level analysis of one collection as tables."""

from __future__ import annotations

from collections.abc import Sequence

from arir.compare.queries import (
    Change,
    QueryGroup,
    by_length,
    by_question_word,
    gains_and_losses,
    hardest,
)
from arir.compare.result import Collection, Comparison
from arir.compare.wording import signed
from arir.display import Cell, Column, Table

__all__ = ["query_tables"]


def query_tables(comparison: Comparison, limit: int) -> list[Table]:
    """Hardest queries, gains and losses, length and question word, under the first measure.

    Gains and losses are those of the best system (but the baseline) against the baseline, or
    against the second best.
    """
    measure = comparison.design.measures[0]
    several = len(comparison.collections) > 1
    tables = []
    for collection in comparison.collections:
        prefix = f"{collection.name}, {measure}: " if several else f"{measure}: "
        tables.append(_hardest(collection, measure, limit, prefix))
        tables += _changes(comparison, collection, measure, limit, prefix)
        for what, groups in (
            ("length", by_length(collection, measure)),
            ("question word", by_question_word(collection, measure)),
        ):
            if groups:
                tables.append(_groups(collection, groups, f"{prefix}by {what}", what))
    return tables


def _hardest(collection: Collection, measure: str, limit: int, prefix: str) -> Table:
    columns = (
        Column("topic"),
        Column("query"),
        Column("mean", align="right"),
        Column("best", align="right"),
        Column("best system"),
    )
    rows = tuple(
        (
            Cell(query.topic),
            Cell(query.text or None),
            Cell(query.mean),
            Cell(query.best),
            Cell(query.best_system if query.best else None),
        )
        for query in hardest(collection, measure, limit)
    )
    return Table(columns, rows, title=f"{prefix}hardest queries")


def _changes(
    comparison: Comparison, collection: Collection, measure: str, limit: int, prefix: str
) -> list[Table]:
    ends = _best_two(comparison, collection, measure)
    if ends is None:
        return []
    first, second = ends
    gains, losses = gains_and_losses(collection, measure, first, second, limit)
    return [
        _changed(changes, first, second, f"{prefix}largest {what} of {first} on {second}")
        for what, changes in (("gains", gains), ("losses", losses))
        if changes
    ]


def _best_two(
    comparison: Comparison, collection: Collection, measure: str
) -> tuple[str, str] | None:
    means = {s.name: s.means[measure].value or 0.0 for s in collection.systems}
    ranked = sorted(means, key=lambda name: -means[name])
    baseline = comparison.design.baseline
    if baseline in means:
        others = [name for name in ranked if name != baseline]
        return (others[0], baseline) if others else None
    return (ranked[0], ranked[1]) if len(ranked) > 1 else None


def _changed(changes: Sequence[Change], first: str, second: str, title: str) -> Table:
    columns = (
        Column("topic"),
        Column("query"),
        Column(f"value {first}", title=first, align="right"),
        Column(f"value {second}", title=second, align="right"),
        Column("difference", align="right"),
    )
    rows = tuple(
        (
            Cell(change.topic),
            Cell(change.text or None),
            Cell(change.first),
            Cell(change.second),
            Cell(change.difference, text=signed(change.difference)),
        )
        for change in changes
    )
    return Table(columns, rows, title=title)


def _groups(
    collection: Collection, groups: Sequence[QueryGroup], title: str, heading: str
) -> Table:
    names = [system.name for system in collection.systems]
    columns = (
        Column(heading),
        Column("topics", align="right"),
        *(Column(f"mean {name}", title=name, align="right") for name in names),
    )
    rows = tuple(
        (Cell(group.label), Cell(group.topics), *(Cell(group.means[name]) for name in names))
        for group in groups
    )
    return Table(columns, rows, title=title)
