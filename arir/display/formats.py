"""A table as Markdown, LaTeX, CSV or JSON: text that other programs read."""

from __future__ import annotations

import csv
import io
import json
import math
import re

from arir.display.bidi import is_right_to_left
from arir.display.table import Cell, Column, Table, Value

__all__ = ["csv_text", "json_text", "latex_text", "markdown_text", "records"]

#: columns that a page of LaTeX's article class holds in its normal size
WIDE = 7
MARKDOWN_RULES = {"left": ":---", "center": ":---:", "right": "---:"}
MARKDOWN_SPECIAL = re.compile(r"([\\|*_`<>\[\]#~])")
LATEX_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "–": "--",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    **{mark: f"\\ensuremath{{{mark}}}" for mark in "<>|"},
    "±": r"\ensuremath{\pm}",
    "−": r"\ensuremath{-}",
    "Δ": r"\ensuremath{\Delta}",
    "≥": r"\ensuremath{\geq}",
    "≤": r"\ensuremath{\leq}",
    "×": r"\ensuremath{\times}",
    "α": r"\ensuremath{\alpha}",
    "†": r"\textdagger{}",
    "‡": r"\textdaggerdbl{}",
}


def markdown_text(table: Table) -> str:
    """A GitHub table; superscripts as ``<sup>``, the title in bold above, the notes below.

    >>> print(markdown_text(Table((Column("run"), Column("AP", align="right")),
    ...     ((Cell("bm25"), Cell(0.5, strong=True, superscript="a")),))), end="")
    | run | AP |
    | :--- | ---: |
    | bm25 | **0.5000**<sup>a</sup> |
    """
    lines = [f"**{_md(table.title)}**", ""] if table.title else []
    lines.append(_md_row([_md(column.heading) for column in table.columns]))
    lines.append(_md_row([MARKDOWN_RULES[column.align] for column in table.columns]))
    lines += [_md_row([_md_cell(cell) for cell in row]) for row in table.rows]
    for note in table.notes:
        lines += ["", _md(note)]
    return "\n".join(lines) + "\n"


def _md_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _md_cell(cell: Cell) -> str:
    text = _md(cell.shown)
    stressed = f"**{text}**" if cell.strong and text else text
    return stressed + (f"<sup>{_md(cell.superscript)}</sup>" if cell.superscript else "")


def _md(text: str) -> str:
    return MARKDOWN_SPECIAL.sub(r"\\\1", " ".join(text.split()))


def latex_text(table: Table) -> str:
    """A ``table`` environment with booktabs rules, ready for ``\\input``."""
    shape = "".join(column.align[0] for column in table.columns)
    lines = [r"% needs \usepackage{booktabs}", *_latex_languages(table)]
    lines += [r"\begin{table}", r"\centering"]
    if table.title:
        lines.append(rf"\caption{{{_tex(table.title)}}}")
    if len(table.columns) > WIDE:
        lines.append(r"\scriptsize\setlength{\tabcolsep}{2pt}")
    lines += [rf"\begin{{tabular}}{{{shape}}}", r"\toprule"]
    lines.append(_tex_row([_tex(column.heading) for column in table.columns]))
    lines.append(r"\midrule")
    lines += [_tex_row([_tex_cell(cell) for cell in row]) for row in table.rows]
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip{{\footnotesize {_tex(note)}}}" for note in table.notes]
    lines.append(r"\end{table}")
    return "\n".join(lines) + "\n"


def _latex_languages(table: Table) -> list[str]:
    texts = [table.title, *table.notes, *(cell.shown for row in table.rows for cell in row)]
    if not any(map(is_right_to_left, texts)):
        return []
    return [
        r"% Arabic needs LuaLaTeX, \usepackage[bidi=basic,english]{babel}, \babelprovide{arabic}",
        r"% and a font that has it: \babelfont[arabic]{rm}{Amiri}",
    ]


def _tex_row(cells: list[str]) -> str:
    return rf"{' & '.join(cells)} \\"


def _tex_cell(cell: Cell) -> str:
    text = _tex(cell.shown)
    if cell.strong and text:
        text = rf"\textbf{{{text}}}"
    return text + (rf"\textsuperscript{{{_tex(cell.superscript)}}}" if cell.superscript else "")


def _tex(text: str) -> str:
    words = "".join(LATEX_SPECIAL.get(mark, mark) for mark in " ".join(text.split()))
    return rf"\foreignlanguage{{arabic}}{{{words}}}" if is_right_to_left(text) else words


def csv_text(table: Table) -> str:
    """Raw values with a header line; a column with superscripts has a second one for them.

    >>> print(csv_text(Table((Column("run"), Column("AP")), ((Cell("bm25"), Cell(0.25)),))), end="")
    run,AP
    bm25,0.25
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_keys(table))
    for row in table.rows:
        writer.writerow("" if value is None else value for value in _values(table, row))
    return stream.getvalue()


def json_text(table: Table) -> str:
    """An object with ``title``, ``notes`` and ``rows``, one object of raw values a row."""
    document = {"title": table.title, "notes": list(table.notes), "rows": records(table)}
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def records(table: Table) -> list[dict[str, Value]]:
    """The raw values of each row, by the names of the columns.

    >>> records(Table((Column("run"), Column("AP")), ((Cell("bm25"), Cell(0.25)),)))
    [{'run': 'bm25', 'AP': 0.25}]
    """
    keys = _keys(table)
    return [dict(zip(keys, _values(table, row), strict=True)) for row in table.rows]


def _keys(table: Table) -> list[str]:
    return [
        key for at, column in enumerate(table.columns) for key in _column_keys(table, at, column)
    ]


def _column_keys(table: Table, at: int, column: Column) -> list[str]:
    return [column.name, f"{column.name} superscript"] if _raised(table, at) else [column.name]


def _raised(table: Table, at: int) -> bool:
    return any(cell.superscript for cell in table.column(at))


def _values(table: Table, row: tuple[Cell, ...]) -> list[Value]:
    values: list[Value] = []
    for at, cell in enumerate(row):
        values.append(_finite(cell.value))
        if _raised(table, at):
            values.append(cell.superscript)
    return values


def _finite(value: Value) -> Value:
    """The value, with infinities in words, which JSON cannot write as numbers."""
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value
