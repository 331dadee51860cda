"""The upper half of the page in a real browser: table, matrix, figures, controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from arir.compare.significance import Estimate
from arir.report.data import Report
from tests.report.sample import MEASURES, changed, first, renamed

Open = Callable[..., Page]
Make = Callable[[Report], Path]
ROWS = "#results-table tbody tr"


def names(page: Page) -> list[str]:
    return page.locator(f"{ROWS} .system-name").all_inner_texts()


def column(page: Page, number: int) -> list[float]:
    cells = page.locator(f"{ROWS} td:nth-child({number + 1}) > :first-child").all_inner_texts()
    return [float(text) for text in cells]


def test_a_header_sorts_best_first_then_turns_round(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    header = page.locator("#results-table th", has_text="RR@10")
    header.locator("button").click()
    assert column(page, 3) == sorted(column(page, 3), reverse=True)
    assert header.get_attribute("aria-sort") == "descending"
    header.locator("button").click()
    assert column(page, 3) == sorted(column(page, 3))
    assert header.get_attribute("aria-sort") == "ascending"


def test_one_column_alone_says_that_it_sorts(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    assert page.locator("[aria-sort]").count() == 0
    page.get_by_role("button", name="AP", exact=True).click()
    page.get_by_role("button", name="System", exact=True).click()
    assert page.locator("[aria-sort]").count() == 1
    assert names(page) == sorted(names(page))


def test_sorting_needs_no_mouse(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    button = page.get_by_role("button", name="P@5", exact=True)
    button.focus()
    page.keyboard.press("Enter")
    assert column(page, 4) == sorted(column(page, 4), reverse=True)
    page.keyboard.press("Space")
    assert column(page, 4) == sorted(column(page, 4))
    assert button.evaluate("element => element === document.activeElement")


def test_the_best_mean_of_each_measure_is_bold(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    bold = [float(text) for text in page.locator(f"{ROWS} td strong").all_inner_texts()]
    best = [first(report).matrix(name).mean(axis=1).max() for name in MEASURES]
    assert sorted(bold) == sorted(round(float(value), 4) for value in best)


def test_letters_name_the_systems_that_are_worse(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    shown = page.locator(f"{ROWS}:nth-child(2) td").first.locator("sup").inner_text()
    assert shown == " ".join(first(report).systems[1].better_than["nDCG@10"]) != ""


def test_the_matrix_says_in_words_and_signs_what_its_colour_says(
    open_page: Open, report_file: Path
) -> None:
    page = open_page(report_file)
    cells = page.locator("#significance-matrix tbody tr").first.locator("td")
    assert cells.nth(1).get_attribute("class") == "worse"
    assert "▼" in cells.nth(1).inner_text()
    assert "significantly worse" in (cells.nth(1).text_content() or "")
    mirrored = page.locator("#significance-matrix tbody tr").nth(1).locator("td").first
    assert mirrored.get_attribute("class") == "better"


def test_every_part_follows_the_measure(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    page.select_option("#measure", label="P@5")
    for part in ("#significance-lead", "#effects-lead", "#differences-lead"):
        assert "P@5" in page.locator(part).inner_text()


def test_a_system_is_never_compared_with_itself(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    before = [page.input_value("#system-a"), page.input_value("#system-b")]
    page.select_option("#system-a", before[1])
    assert [page.input_value("#system-a"), page.input_value("#system-b")] == before[::-1]
    page.click("#swap")
    assert [page.input_value("#system-a"), page.input_value("#system-b")] == before


def test_the_forest_table_gives_the_pairs_exactly(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    page.locator("#effects summary").click()
    rows = page.locator("#effects-table tbody tr").all_inner_texts()
    pair = first(report).pairs[0]
    turned = " / ".join(str(count) for count in reversed(pair.outcomes))
    assert len(rows) == 3
    assert pair.difference.value is not None
    assert any(turned in row and f"+{-pair.difference.value:.4f}" in row for row in rows)


def test_the_forest_changes_its_scale(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    assert "Hedges’ g" in (page.locator("#effects-chart svg").get_attribute("aria-label") or "")
    page.get_by_label("difference of the means").check()
    label = page.locator("#effects-chart svg").get_attribute("aria-label") or ""
    assert "difference in nDCG@10" in label


@pytest.mark.parametrize("width", [320, 1280])
def test_the_page_never_scrolls_sideways(open_page: Open, report_file: Path, width: int) -> None:
    page = open_page(report_file, width=width)
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_long_names_and_ids_do_not_widen_a_phone(
    open_page: Open, report: Report, make_file: Make
) -> None:
    names = {name: f"{name}{'checkpoint' * 20}" for name in report.comparison.letters}
    page = open_page(make_file(renamed(report, names)), width=320)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_one_system_alone_has_no_comparison(
    open_page: Open, report: Report, make_file: Make
) -> None:
    systems, runs = first(report).systems[:1], report.seen[0].runs[:1]
    alone = changed(report, {"runs": runs}, systems=systems, pairs=())
    page = open_page(make_file(alone))
    assert page.locator("#significance, #effects, #differences, #system-a, #swap").count() == 0
    assert page.locator("#query .hit").count() > 0
    assert page.locator(f"{ROWS} strong").count() == 0


def test_a_baseline_is_the_only_column_of_the_matrix(
    open_page: Open, report: Report, make_file: Make
) -> None:
    design = replace(report.comparison.design, baseline="stems")
    against = replace(report, comparison=replace(report.comparison, design=design))
    page = open_page(make_file(against))
    assert page.locator("#significance-matrix thead th").all_text_contents() == ["c stems"]
    assert page.input_value("#system-b") == "2"


def test_another_collection_is_opened_and_kept_in_the_address(
    open_page: Open, several: Report, make_file: Make
) -> None:
    page = open_page(make_file(several))
    assert page.locator("#facts").inner_text() == "a: 3 systems, 100 topics"
    page.select_option("#collection", "b")
    expect(page.locator("#facts")).to_have_text("b: 3 systems, 50 topics")
    page.locator("#query-list button").nth(1).click()
    expect(page.locator("#query-list button").nth(1)).to_have_attribute("aria-current", "true")
    assert "#c=b&q=qa" in page.url
    page.reload()
    assert page.locator("#facts").inner_text() == "b: 3 systems, 50 topics"


def test_the_macro_average_is_shown_beside_each_collection(
    open_page: Open, several: Report, make_file: Make
) -> None:
    page = open_page(make_file(several))
    page.select_option("#measure", label="AP")
    row = page.locator("#across-table tbody tr").nth(1)
    values = [float(text) for text in row.locator("td > :first-child").all_inner_texts()]
    means = [c.systems[1].means["AP"].value for c in several.comparison.collections]
    assert several.comparison.macro is not None
    average = several.comparison.macro.means["AP"]["character-trigrams"].value
    assert values == [round(value, 4) for value in [*means, average] if value is not None]


def test_undefined_numbers_are_dashes_and_not_faults(
    open_page: Open, report: Report, make_file: Make
) -> None:
    nothing = Estimate(None)
    pairs = tuple(
        replace(pair, g=nothing, delta=nothing, difference=Estimate(0.0), better=None, p=1.0)
        for pair in first(report).pairs
    )
    flat = [
        replace(system, means={name: Estimate(0.5) for name in MEASURES})
        for system in first(report).systems
    ]
    page = open_page(make_file(changed(report, pairs=pairs, systems=tuple(flat), detectable={})))
    page.locator("#effects summary").click()
    assert "–" in page.locator("#effects-table").inner_text()
    assert page.locator("#results-table .interval").count() == 0
    for text in page.locator("main").all_inner_texts():
        assert "NaN" not in text
        assert "undefined" not in text
        assert "null" not in text
