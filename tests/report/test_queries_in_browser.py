"""The query explorer in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, expect

from arir.report.data import Report, leaders
from arir.report.page import page as page_text
from tests.report.sample import MEASURES, first, gaps

Open = Callable[..., Page]
LIST = "#query-list button"


def expect_query(page: Page, topic: str) -> None:
    """The address changes first, then the page."""
    expect(page.locator("#query-heading .id")).to_have_text(topic)


def test_a_query_is_chosen_from_the_list(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    page.locator(LIST).nth(4).click()
    expect_query(page, gaps(report)[4])
    assert page.url.endswith(f"#q={gaps(report)[4]}")
    assert page.locator(f"{LIST}[aria-current=true] .id").inner_text() == gaps(report)[4]


def test_the_explorer_shows_what_both_systems_ranked(
    open_page: Open, report_file: Path, report: Report
) -> None:
    topic = gaps(report)[0]
    page = open_page(report_file, f"#q={topic}")
    for column, system in enumerate(leaders(first(report), MEASURES[0], None)):
        ids = page.locator(".rankings > div").nth(column).locator(".hit .id").all_inner_texts()
        assert ids == [hit.docid for hit in report.seen[0].runs[system].rankings[topic].hits]


def test_judged_passages_are_marked_in_words(
    open_page: Open, report_file: Path, report: Report
) -> None:
    topic = gaps(report)[0]
    (docid, grade), *_ = first(report).qrels[topic].items()
    page = open_page(report_file, f"#q={topic}")
    hit = page.locator(".rankings > div").first.locator(".hit", has_text=docid)
    expect(hit.locator(".judgment")).to_contain_text(f"grade {grade}")
    assert "relevant" in (hit.locator(".judgment").text_content() or "")
    assert page.locator(".judgment.unjudged").first.inner_text() == "not judged"


def test_relevant_passages_are_found_at_any_depth(
    open_page: Open, report_file: Path, report: Report
) -> None:
    system = leaders(first(report), MEASURES[0], None)[1]
    deep = next(
        (topic, docid, rank)
        for topic, ranking in report.seen[0].runs[system].rankings.items()
        for docid, rank in ranking.ranks.items()
        if rank > 10
    )
    page = open_page(report_file, f"#q={deep[0]}")
    row = page.locator("#query tbody tr", has=page.locator("th .id", has_text=deep[1]))
    assert row.locator("td").last.inner_text() == str(deep[2])


def test_arabic_runs_from_right_to_left(open_page: Open, report_file: Path, report: Report) -> None:
    page = open_page(report_file)
    for text in ("#query-heading bdi", ".hit .passage", f"{LIST} .text"):
        found = page.locator(text).first
        assert found.get_attribute("lang") == "ar"
        assert found.evaluate("element => getComputedStyle(element).direction") == "rtl"
    head = page.locator(".hit-head").first
    assert head.evaluate("element => getComputedStyle(element).direction") == "ltr"


def test_a_bar_opens_its_query(open_page: Open, report_file: Path, report: Report) -> None:
    page = open_page(report_file)
    plot = page.locator("#differences-chart")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    plot.click(position={"x": box["width"] - 10, "y": box["height"] / 2})
    expect_query(page, gaps(report)[-1])
    assert page.locator("#query-heading").evaluate("e => e === document.activeElement")


def test_the_bars_are_one_slider_for_the_keyboard(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuenow") == "4"
    assert (slider.get_attribute("aria-valuetext") or "").startswith(f"{gaps(report)[3]}: ")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect_query(page, gaps(report)[-1])


def test_everything_is_reached_with_the_tab_key(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    controls = "a[href], button:enabled, select, input[type=search], [role=slider], summary"
    wanted = page.locator(f"{controls}, .scroll").locator("visible=true").count()
    seen: Any = page.evaluate("window.seen = new Set(), 0")
    for _ in range(wanted + 10):
        page.keyboard.press("Tab")
        seen = page.evaluate(
            "(seen.add(document.activeElement), seen.delete(document.body), seen.size)"
        )
    # One of two radio buttons is a stop as well.
    assert seen == wanted + 1


def test_search_finds_arabic_without_marks_and_in_other_spellings(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file)
    page.fill("#query-search", "انهار")
    wanted = [topic for topic, text in first(report).queries.items() if "نهار" in text]
    assert len(wanted) > 0
    assert sorted(page.locator(f"{LIST} .id").all_inner_texts()) == sorted(wanted)
    page.fill("#query-search", "qqqq")
    assert page.locator("#query-count").inner_text() == "No query matches."
    assert page.locator(LIST).count() == 0


def test_the_orders_list_every_query_once(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    tops = set()
    for order in ("a", "b", "hard", "long", "given"):
        page.select_option("#query-order", order)
        while page.locator("#query-more").is_visible():
            page.click("#query-more")
        ids = page.locator(f"{LIST} .id").all_inner_texts()
        tops.add(ids[0])
        assert len(set(ids)) == len(ids) == 100
    assert len(tops) > 2


def test_more_queries_keep_the_place_of_the_reader(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    page.locator("#query-more").focus()
    page.keyboard.press("Enter")
    place = page.evaluate(
        "[...document.querySelectorAll('#query-list button')].indexOf(document.activeElement)"
    )
    assert place == 50


def test_next_follows_the_order_of_the_list(
    open_page: Open, report_file: Path, report: Report
) -> None:
    page = open_page(report_file, f"#q={gaps(report)[0]}")
    assert page.get_by_role("button", name="Previous").is_disabled()
    page.get_by_role("button", name="Next").click()
    expect_query(page, gaps(report)[1])
    page.go_back()
    expect_query(page, gaps(report)[0])


def test_an_unknown_query_in_the_address_is_named(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file, "#q=%3Cb%3Enone")
    expect(page.locator("#query")).to_have_text("This report has no query <b>none.")


def test_queries_beyond_the_budget_say_that_rankings_are_left_out(
    open_page: Open, report: Report, tmp_path: Path
) -> None:
    path = tmp_path / "small.html"
    path.write_text(page_text(report, max_bytes=60_000), encoding="utf-8")
    page = open_page(path)
    assert "of the 100 topics are included" in page.locator("#queries-lead").inner_text()
    assert page.locator("#query .hit").count() > 0
    page.select_option("#query-order", "given")
    page.goto(f"{path.as_uri()}#q={closest(report)}")
    expect(page.locator("#query .note")).to_contain_text("left out")
    assert page.locator("#query tbody td").first.inner_text() != ""


def closest(report: Report) -> str:
    spread = np.ptp(first(report).matrix(MEASURES[0]), axis=0)
    return first(report).topic_ids[int(np.flatnonzero(spread == spread.min())[-1])]


def test_passages_can_be_read_at_length(open_page: Open, report_file: Path, report: Report) -> None:
    page = open_page(report_file)
    passage = page.locator(".hit p.passage").first
    before = passage.evaluate("element => element.clientHeight")
    page.get_by_role("button", name="Longer passages").click()
    assert passage.evaluate("element => element.clientHeight") > before
    page.get_by_role("button", name="Next").click()
    expect_query(page, gaps(report)[1])
    assert page.get_by_role("button", name="Longer passages", pressed=True).is_visible()
