"""The pairs of a comparison as tables, for a reader and, with every number, for CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from arir.compare.document import design_record, pair_record, system_records
from arir.compare.result import Comparison, Design, Pair
from arir.compare.wording import (
    bounds,
    corrected_heading,
    interval_text,
    level_text,
    macro_design,
    macro_text,
    p_text,
    signed,
    tested_text,
    topics_text,
)
from arir.display import Cell, Column, Table

__all__ = ["macro_pairs_table", "pair_records", "pairs_table"]


@dataclass(frozen=True)
class _Field:
    """One column, and the cell that a pair has in it."""

    column: Column
    cell: Callable[[Pair], Cell]


def pairs_table(
    comparison: Comparison, *, limit: int | None = None, narrow: bool = False
) -> Table | None:
    """The pairs of all collections for a reader; ``None`` where there are none.

    Args:
        limit: rows that are shown; a note says how many are left out.
        narrow: leave out what a narrow terminal has no room for.
    """
    rows = [(c.name, pair) for c in comparison.collections for pair in c.pairs]
    if not rows:
        return None
    shown = rows[:limit]
    fields = _fields(comparison.design) + _effect_fields(comparison, narrow=narrow)
    columns, cells = _laid_out(shown, fields)
    if len(comparison.collections) > 1:
        columns = (Column("collection"), *columns)
        cells = [(Cell(name), *row) for (name, _), row in zip(shown, cells, strict=True)]
    notes = _notes(comparison, narrow=narrow)
    if len(shown) < len(rows):
        notes.append(f"{len(rows) - len(shown)} more pairs: --format csv shows them all.")
    return Table(columns, tuple(cells), title="Pairs", notes=tuple(notes))


def macro_pairs_table(comparison: Comparison) -> Table | None:
    """The macro-averaged differences; ``None`` where there are none."""
    macro = comparison.macro
    if macro is None or not macro.pairs:
        return None
    rows = [("", pair) for pair in macro.pairs]
    columns, cells = _laid_out(rows, _fields(macro_design(comparison)))
    notes = (f"{macro_text(comparison)[:-1]}; {topics_text(comparison.collections)}.",)
    return Table(columns, tuple(cells), title="Pairs, macro average", notes=notes)


def _laid_out(
    rows: Sequence[tuple[str, Pair]], fields: Sequence[_Field]
) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    columns = tuple(field.column for field in fields)
    return columns, [tuple(field.cell(pair) for field in fields) for _, pair in rows]


def _number(name: str, cell: Callable[[Pair], Cell]) -> _Field:
    return _Field(Column(name, align="right"), cell)


def _fields(design: Design) -> list[_Field]:
    fields = [_Field(Column("measure"), lambda pair: Cell(pair.measure))]
    return [
        *(fields if len(design.measures) > 1 else []),
        _Field(Column("first"), lambda pair: Cell(pair.first)),
        _Field(Column("second"), lambda pair: Cell(pair.second)),
        _number("difference", lambda pair: Cell(signed(pair.difference.value))),
        _number(level_text(design), lambda pair: Cell(bounds(pair.difference))),
        _number("p", lambda pair: Cell(p_text(pair.p))),
        _number(
            corrected_heading(design),
            lambda pair: Cell(p_text(pair.corrected_p), strong=pair.significant),
        ),
        _number("W/T/L", lambda pair: Cell("/".join(map(str, pair.outcomes)))),
    ]


def _effect_fields(comparison: Comparison, *, narrow: bool) -> list[_Field]:
    fields = [_number("d", lambda pair: Cell(signed(pair.d.value, 2)))]
    if not narrow:
        fields.append(_number("d interval", lambda pair: Cell(bounds(pair.d, 2))))
        fields.append(_number("n needed", lambda pair: _count(pair.topics_needed)))
    if comparison.design.margin is not None:
        fields.append(_number("p (equivalent)", lambda pair: _equivalence(pair, comparison)))
    return fields


def _count(number: int | None) -> Cell:
    return Cell(None) if number is None else Cell(f"{number:,}")


def _equivalence(pair: Pair, comparison: Comparison) -> Cell:
    p = pair.equivalence_p
    return Cell(None) if p is None else Cell(p_text(p), strong=p <= comparison.design.alpha)


def _notes(comparison: Comparison, *, narrow: bool) -> list[str]:
    design = comparison.design
    tested = tested_text(comparison)
    text = (
        f"{tested[0].upper()}{tested[1:]}. Difference: first minus second; "
        f"{interval_text(design)}. Bold p: significant. W/T/L: topics that the first wins, ties, "
        "loses. d: mean over standard deviation of the differences."
    )
    if not narrow:
        text += f" n needed: topics for a paired t-test to find d with power {design.power:g}."
    if design.margin is None:
        return [text]
    return [text, f"Equivalence: within ±{design.margin:g} (TOST), p corrected likewise."]


def pair_records(comparison: Comparison) -> Table:
    """All pairs with every number in full, for CSV; means of systems where there is no pair."""
    records = [
        {"collection": c.name, **pair_record(c, pair), **design_record(comparison.design)}
        for c in comparison.collections
        for pair in c.pairs
    ]
    if not records:
        records = [
            {"collection": c.name, **record}
            for c in comparison.collections
            for system in c.systems
            for record in system_records(system)
        ]
    columns = tuple(Column(key) for key in records[0])
    rows = tuple(tuple(Cell(value) for value in record.values()) for record in records)
    return Table(columns, rows)
