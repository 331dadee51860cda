"""Show a table in the terminal."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from arir.display.bidi import Mode, directed, terminal_mode
from arir.display.table import Align, Cell, Column, Table

if TYPE_CHECKING:
    from rich.table import Table as RichTable
    from rich.text import Text

__all__ = ["table_text"]

SUPERSCRIPTS = dict(
    zip("abcdefghijklmnoprstuvwxyz0123456789", "ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True)
) | {mark: mark for mark in "*†‡"}
#: what is no terminal has no width, and nothing may be cut there
UNLIMITED = 10_000


def table_text(table: Table, stream: IO[str]) -> str:
    """Draw a table for a stream: colour and the terminal's width where it is a terminal.

    Raises:
        ConfigError: where ``ARIR_BIDI`` holds an unknown word.
    """
    from rich.console import Console

    interactive = stream.isatty()
    mode = terminal_mode(interactive)
    console = Console(
        file=stream, width=None if interactive else UNLIMITED, highlight=False, emoji=False
    )
    with console.capture() as captured:
        console.print(_drawn(table, mode))
        for note in table.notes:
            console.print(directed(note, mode), markup=False, style="dim")
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _drawn(table: Table, mode: Mode) -> RichTable:
    from rich import box
    from rich.table import Table as RichTable
    from rich.text import Text

    drawn = RichTable(
        title=Text(directed(table.title, mode)) if table.title else None,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
    )
    small = _superscripts_fit(table)
    columns = []
    for at, column in enumerate(table.columns):
        heading, cells, align = _column(column, table.column(at), mode, small)
        drawn.add_column(heading, justify=align, overflow="fold")
        columns.append(cells)
    for row in zip(*columns, strict=True):
        drawn.add_row(*row)
    return drawn


def _superscripts_fit(table: Table) -> bool:
    """Whether every superscript can be written small; one that cannot (q) would look a mistake."""
    return all(set(cell.superscript) <= set(SUPERSCRIPTS) for row in table.rows for cell in row)


def _column(
    column: Column, cells: tuple[Cell, ...], mode: Mode, small: bool
) -> tuple[Text, list[Text], Align]:
    """Heading, cells and alignment of a column.

    Numbers with superscripts are put under each other here: rich would align the superscripts.
    """
    from rich.cells import cell_len
    from rich.text import Text

    widest = max((len(cell.superscript) for cell in cells), default=0)
    padded = column.align == "right" and widest > 0
    shown = [directed(cell.shown, mode) for cell in cells]
    heading = directed(column.heading, mode)
    width = max((cell_len(text) for text in [heading, *shown]), default=0) if padded else 0
    texts = []
    for cell, text in zip(cells, shown, strict=True):
        drawn = Text(" " * (width - cell_len(text)))
        drawn.append(text, style="bold" if cell.strong else "")
        drawn.append(_raised(cell.superscript, small), style="cyan")
        texts.append(drawn)
    title = Text(" " * (width - cell_len(heading)) + heading)
    return title, texts, "left" if padded else column.align


def _raised(letters: str, small: bool) -> str:
    return "".join(SUPERSCRIPTS[letter] for letter in letters) if small else letters
