"""A result table, independent of how it is shown: columns, and rows of cells."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = ["Align", "Cell", "Column", "Table", "Value"]

Align = Literal["left", "center", "right"]
Value = str | int | float | bool | None


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        value: the raw value, for CSV and JSON; ``None`` and NaN mean "nothing to say".
        text: what a reader sees; by default the value, numbers with four decimals.
        strong: whether to stress it, as the best of its column.
        superscript: small letters behind it (``ab``), such as those of significance.
    """

    value: Value = None
    text: str | None = None
    strong: bool = False
    superscript: str = ""

    @property
    def shown(self) -> str:
        """The text that a reader sees.

        >>> Cell(0.51237).shown, Cell(3).shown, Cell(None).shown, Cell(0.5, text="50 %").shown
        ('0.5124', '3', '–', '50 %')
        """
        if self.text is not None:
            return self.text
        if self.empty:
            return "–"
        return f"{self.value:.4f}" if isinstance(self.value, float) else str(self.value)

    @property
    def empty(self) -> bool:
        """Whether there is no value."""
        return self.value is None or (isinstance(self.value, float) and math.isnan(self.value))


@dataclass(frozen=True)
class Column:
    """One column: its key in CSV and JSON, its heading elsewhere, and where its text stands."""

    name: str
    title: str | None = None
    align: Align = "left"

    @property
    def heading(self) -> str:
        """The heading that a reader sees."""
        return self.name if self.title is None else self.title


@dataclass(frozen=True)
class Table:
    """A table with a title above and notes below.

    Raises:
        ValueError: where a row does not have a cell for every column, or two columns share a name.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) < len(names):
            raise ValueError(f"column names must differ: {', '.join(names)}")
        for number, row in enumerate(self.rows, 1):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"row {number} has {len(row)} cells for {len(self.columns)} columns"
                )

    def column(self, position: int) -> tuple[Cell, ...]:
        """The cells of one column, from top to bottom."""
        return tuple(row[position] for row in self.rows)
