"""The means of a comparison as tables: systems, macro averages, gaps between groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from arir.compare.result import Collection, Comparison, Gap, System
from arir.compare.significance.common import Estimate
from arir.compare.wording import (
    bounds,
    detectable_text,
    level_text,
    macro_text,
    signed,
    tested_text,
    topics_text,
)
from arir.display import Cell, Column, Table
from arir.evaluate.measures import parse_measures, reading_notes

__all__ = ["gaps_table", "systems_tables"]

NOTHING = Cell(None)


def systems_tables(comparison: Comparison) -> list[Table]:
    """The main table: systems by measures, or for each measure systems by collections."""
    if len(comparison.collections) > 1:
        return [_by_collection(comparison, measure) for measure in comparison.design.measures]
    return [_by_measure(comparison, comparison.collections[0])]


def _by_measure(comparison: Comparison, collection: Collection) -> Table:
    measures = comparison.design.measures
    alone = len(collection.systems) == 1
    columns = [Column("letter", title=""), Column("system")]
    for measure in measures:
        columns.append(Column(measure, align="right"))
        if alone:
            columns.append(
                Column(f"{measure} interval", title=level_text(comparison.design), align="right")
            )
    best = {measure: _best(s.means[measure] for s in collection.systems) for measure in measures}
    rows = []
    for system in collection.systems:
        row = [Cell(system.letter), Cell(system.name)]
        for measure in measures:
            row.append(_mean(system, measure, best[measure], alone=alone))
            if alone:
                row.append(Cell(bounds(system.means[measure], plus=False)))
        rows.append(tuple(row))
    notes = [_legend(comparison, [collection]), *_readings(measures)]
    notes += _detectable(comparison, collection, *measures)
    notes += _warned([*comparison.warnings, *collection.warnings])
    return Table(tuple(columns), tuple(rows), notes=tuple(notes))


def _by_collection(comparison: Comparison, measure: str) -> Table:
    collections, macro = comparison.collections, comparison.macro
    columns = [Column("letter", title=""), Column("system")]
    columns += [Column(f"on {c.name}", title=c.name, align="right") for c in collections]
    columns.append(Column("macro average", align="right"))
    best = [_best(s.means[measure] for s in c.systems) for c in collections]
    means = macro.means[measure] if macro is not None else {}
    best_macro = _best(means.values())
    rows = []
    for name, letter in comparison.letters.items():
        row = [Cell(letter), Cell(name)]
        for collection, top in zip(collections, best, strict=True):
            system = collection.system(name)
            row.append(NOTHING if system is None else _mean(system, measure, top))
        row.append(_macro_cell(comparison, measure, name, best_macro))
        rows.append(tuple(row))
    notes = [_legend(comparison, collections), macro_text(comparison), *_readings([measure])]
    for collection in collections:
        found = _detectable(comparison, collection, measure)
        notes += [f"{collection.name}: {text}" for text in found]
    if measure == comparison.design.measures[-1]:
        notes += _warned(comparison.warnings)
        for collection in collections:
            notes += _warned(f"{collection.name}: {text}" for text in collection.warnings)
    return Table(tuple(columns), tuple(rows), title=measure, notes=tuple(notes))


def _macro_cell(comparison: Comparison, measure: str, name: str, best: float | None) -> Cell:
    macro = comparison.macro
    if macro is None or name not in macro.means[measure]:
        return NOTHING
    value = macro.means[measure][name].value
    return Cell(value, strong=value == best, superscript=_raised(macro.better_than[measure][name]))


def _mean(system: System, measure: str, best: float | None, *, alone: bool = False) -> Cell:
    value = system.means[measure].value
    raised = _raised(system.better_than[measure])
    return Cell(value, strong=value == best and not alone, superscript=raised)


def _raised(letters: Sequence[str]) -> str:
    """Letters side by side; beyond ``z`` they have two characters and need commas."""
    return ("," if any(len(letter) > 1 for letter in letters) else "").join(letters)


def _best(means: Iterable[Estimate]) -> float | None:
    return max((mean.value for mean in means if mean.value is not None), default=None)


def _legend(comparison: Comparison, collections: Sequence[Collection]) -> str:
    if not comparison.design.family:
        return f"{topics_text(collections)}; intervals: Student's t."
    return f"Superscripts: significantly better than that system; {tested_text(comparison)}."


def _readings(measures: Sequence[str]) -> list[str]:
    """What is to be known of the measures themselves; of counts ``arir evaluate`` gives the sum."""
    parsed = parse_measures(measures)
    counts = [str(measure) for measure in parsed if measure.definition.aggregate == "sum"]
    notes = [f"{', '.join(counts)}: mean over the topics, not their sum"] if counts else []
    return [f"{note}." for note in [*reading_notes(parsed), *notes]]


def _detectable(comparison: Comparison, collection: Collection, *measures: str) -> list[str]:
    return [
        f"{detectable_text(measure, collection.detectable[measure], comparison.design)}."
        for measure in measures
        if measure in collection.detectable
    ]


def _warned(warnings: Iterable[str]) -> list[str]:
    return [f"Warning: {text}." for text in warnings]


def gaps_table(comparison: Comparison) -> Table | None:
    """The gaps between groups of collections; ``None`` where no groups were given."""
    macro = comparison.macro
    if macro is None or not macro.gaps:
        return None
    columns = (
        Column("measure"),
        Column("groups"),
        Column("system"),
        Column("gap", align="right"),
        Column(level_text(comparison.design), align="right"),
    )
    rows = tuple(_gap_row(gap) for gap in macro.gaps)
    note = (
        "Gap: macro average on the first group minus that on the second; for two systems the "
        "difference of their gaps. Intervals are not corrected."
    )
    return Table(columns, rows, title="Gaps between groups", notes=(note,))


def _gap_row(gap: Gap) -> tuple[Cell, ...]:
    groups = Cell(f"{gap.upper} − {gap.lower}")
    value = Cell(signed(gap.gap.value))
    return Cell(gap.measure), groups, Cell(gap.system), value, Cell(bounds(gap.gap))
