"""Tables: what a reader sees, and what a program reads, in every format."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from arir.display import Cell, Column, Table, render, show
from arir.display.formats import csv_text, json_text, latex_text, markdown_text
from arir.display.terminal import table_text

NAN = float("nan")
TABLE = Table(
    columns=(Column("run"), Column("query", title="Query"), Column("nDCG@10", align="right")),
    rows=(
        (Cell("bm25"), Cell("ما هي عاصمة مصر؟"), Cell(0.5, superscript="ab")),
        (Cell("kd_ar|a"), Cell("A & B <script> 50%"), Cell(0.61237, strong=True, superscript="c")),
        (Cell("none"), Cell(None), Cell(NAN)),
    ),
    title="Runs_of 2024",
    notes=("p < .05",),
)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_table_that_does_not_fit_together_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1 has 2 cells for 1 columns"):
        Table((Column("a"),), ((Cell(1), Cell(2)),))
    with pytest.raises(ValueError, match="column names must differ: a, a"):
        Table((Column("a"), Column("a")), ())


def test_numbers_stay_under_each_other_beside_superscripts() -> None:
    lines = table_text(TABLE, io.StringIO()).splitlines()
    assert lines[0] == "Runs_of 2024"
    assert lines[-1] == "p < .05"
    ends = {
        line.index(number) + len(number)
        for line in lines
        for number in ("0.5000", "0.6124")
        if number in line
    }
    assert len(ends) == 1
    assert "0.5000ᵃᵇ" in lines[3]
    assert all(line == line.rstrip() for line in lines)


def test_a_superscript_that_has_no_small_form_keeps_all_large() -> None:
    table = Table((Column("v"),), ((Cell(1, superscript="a"),), (Cell(2, superscript="q"),)))
    assert table_text(table, io.StringIO()).split()[-2:] == ["1a", "2q"]


def test_nothing_is_cut_where_there_is_no_terminal() -> None:
    long = "x" * 500
    assert long in table_text(Table((Column("v"),), ((Cell(long),),)), io.StringIO())


def test_a_terminal_gets_bold_and_right_to_left_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARIR_BIDI", "terminal")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = table_text(TABLE, Terminal())
    assert "\x1b[1m0.6124" in shown
    assert "\u2068ما هي عاصمة مصر؟\u2069" in shown


def test_markup_in_a_cell_is_text() -> None:
    table = Table((Column("[b]x[/b]"),), ((Cell("[red]y[/red] :smile:"),),), title="[i]t[/i]")
    shown = table_text(table, io.StringIO())
    assert all(text in shown for text in ("[b]x[/b]", "[red]y[/red] :smile:", "[i]t[/i]"))


def test_markdown_escapes_what_would_be_markup() -> None:
    lines = markdown_text(TABLE).splitlines()
    assert lines[0] == r"**Runs\_of 2024**"
    assert lines[2:4] == ["| run | Query | nDCG@10 |", "| :--- | :--- | ---: |"]
    assert lines[5] == r"| kd\_ar\|a | A & B \<script\> 50% | **0.6124**<sup>c</sup> |"
    assert lines[6] == "| none | – | – |"


def test_latex_escapes_and_has_booktabs_rules() -> None:
    text = latex_text(TABLE)
    assert r"kd\_ar\ensuremath{|}a & A \& B \ensuremath{<}script\ensuremath{>} 50\% & " in text
    assert r"\textbf{0.6124}\textsuperscript{c} \\" in text
    assert r"\foreignlanguage{arabic}{ما هي عاصمة مصر؟}" in text
    assert r"\begin{tabular}{llr}" in text
    assert [text.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
    assert text.count("{") == text.count("}")


def _has_latex(program: str, *packages: str) -> bool:
    words = ["kpsewhich", *packages]
    return shutil.which(program) is not None and not subprocess.run(words, check=False).returncode


def _compiled(folder: Path, program: str, preamble: str, *tables: Table) -> str:
    """LaTeX's log of a document that holds tables alone."""
    head = rf"\documentclass{{article}}\usepackage{{booktabs}}{preamble}"
    body = rf"{head}\begin{{document}}{''.join(map(latex_text, tables))}\end{{document}}"
    (folder / "t.tex").write_text(body, encoding="utf-8")
    words = [program, "-halt-on-error", "-interaction=nonstopmode", "t.tex"]
    done = subprocess.run(words, cwd=folder, check=False, capture_output=True)
    assert done.returncode == 0, done.stdout.decode(errors="replace")[-2000:]
    return (folder / "t.log").read_text("utf-8", errors="replace")


@pytest.mark.skipif(
    not _has_latex("lualatex", "luatexbase.sty", "babel-arabic.tex"),
    reason="needs LuaLaTeX with babel",
)
def test_latex_compiles_as_it_stands_and_shows_arabic(tmp_path: Path) -> None:
    fonts = Path(pytest.importorskip("matplotlib").get_data_path()) / "fonts" / "ttf"
    babel = r"\usepackage[bidi=basic,english]{babel}\babelprovide{arabic}"
    font = rf"\babelfont[arabic]{{rm}}[Path={fonts}/]{{DejaVuSans.ttf}}"
    assert "Missing character" not in _compiled(tmp_path, "lualatex", babel + font, TABLE)
    assert r"\babelfont[arabic]" in latex_text(TABLE)


@pytest.mark.skipif(not _has_latex("pdflatex", "booktabs.sty"), reason="needs LaTeX")
def test_a_table_of_many_columns_stays_on_the_page(tmp_path: Path) -> None:
    names = tuple(Column(f"value {n}", align="right") for n in range(10))
    wide = Table(names, (tuple(Cell(0.5, superscript="ab") for _ in names),), notes=("±1 × α",))
    assert "Overfull" not in _compiled(tmp_path, "pdflatex", "", wide)


def test_csv_holds_raw_values_and_superscripts_of_their_own() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(TABLE))))
    assert list(rows[0]) == ["run", "query", "nDCG@10", "nDCG@10 superscript"]
    assert [row["nDCG@10"] for row in rows] == ["0.5", "0.61237", ""]
    assert [row["nDCG@10 superscript"] for row in rows] == ["ab", "c", ""]


def test_json_is_strict_and_holds_raw_values() -> None:
    table = Table((Column("v"),), ((Cell(NAN),), (Cell(float("inf")),), (Cell(True),), (Cell(2),)))
    document = json.loads(json_text(table), parse_constant=lambda word: pytest.fail(word))
    assert [row["v"] for row in document["rows"]] == [None, "inf", True, 2]
    document = json.loads(json_text(TABLE))
    assert document["title"] == "Runs_of 2024"
    assert document["rows"][1]["nDCG@10"] == 0.61237


@pytest.mark.parametrize("format", ["table", "md", "latex", "csv", "json"])
def test_a_table_without_rows_is_shown(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    table = Table((Column("run"), Column("AP")), ())
    show(table, format)  # type: ignore[arg-type]
    assert capsys.readouterr().out == render(table, format)  # type: ignore[arg-type]
    assert re.search("run|rows", render(table, format))  # type: ignore[arg-type]
