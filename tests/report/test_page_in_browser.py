"""Safety, accessibility and paper: the page as a whole in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from arir.data.collection import Passage
from arir.report.data import Report
from tests.report.sample import changed, first, renamed

Open = Callable[..., Page]
Make = Callable[[Report], Path]
ATTACK = "</script><script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'><!--"


@pytest.fixture
def hostile(report: Report) -> Report:
    """Markup wherever a text of the user's can stand."""
    named = renamed(report, {name: f"{name} {ATTACK}" for name in report.comparison.letters})
    passages = report.seen[0].passages
    attacked = {i: Passage(i, f"{ATTACK}{p.contents}", ATTACK) for i, p in passages.items()}
    other = changed(
        named,
        {"passages": attacked},
        name=ATTACK,
        warnings=(ATTACK,),
        queries={topic: f"{ATTACK}{text}" for topic, text in first(report).queries.items()},
    )
    return replace(other, title=ATTACK)


def test_markup_in_the_data_is_only_text(open_page: Open, hostile: Report, make_file: Make) -> None:
    page = open_page(make_file(hostile))
    assert page.evaluate("window.hacked") is None
    assert page.locator("img").count() == 0
    assert page.title() == ATTACK
    assert page.locator("h1").inner_text() == ATTACK
    assert page.locator(".hit .passage").first.inner_text().startswith(ATTACK)
    assert ATTACK in page.locator("#query-heading").inner_text()


def test_the_policy_stops_scripts_that_are_not_the_pages_own(
    browser: Browser, report_file: Path
) -> None:
    page = browser.new_page()
    page.goto(report_file.as_uri())
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        "document.body.append(s)"
    )
    assert page.evaluate("window.hacked") is None
    blocked = page.evaluate("fetch('https://example.org').then(() => 'sent', () => 'blocked')")
    assert blocked == "blocked"
    page.close()


def violations(page: Page) -> list[str]:
    for summary in page.locator("summary").all():
        summary.click()
    found: Any = Axe().run(page).response["violations"]
    return [f"{v['id']}: {[node['html'][:90] for node in v['nodes'][:3]]}" for v in found]


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(
    open_page: Open, report_file: Path, width: int, scheme: str
) -> None:
    assert violations(open_page(report_file, width=width, color_scheme=scheme)) == []


def test_axe_finds_no_violation_over_several_collections(
    open_page: Open, several: Report, make_file: Make
) -> None:
    assert violations(open_page(make_file(several))) == []


def test_axe_finds_no_violation_without_a_query(open_page: Open, report_file: Path) -> None:
    assert violations(open_page(report_file, "#q=none")) == []


def test_paper_shows_ink_on_white_and_nothing_to_press(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file, color_scheme="dark")
    page.emulate_media(media="print")
    for hidden in ("nav", ".controls", ".chooser", "#differences-readout", "summary"):
        assert not page.locator(hidden).first.is_visible()
    for shown in ("#results-table table", "#query .hit", "#settings", "#effects-chart svg"):
        assert page.locator(shown).first.is_visible()
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )
    assert page.evaluate("getComputedStyle(document.documentElement).color") == "rgb(27, 31, 36)"


def test_figures_are_drawn_again_for_paper(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    width = "Number(document.querySelector('#curves-chart svg').getAttribute('width'))"
    page.wait_for_function(f"{width} > 900")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(width) == 680
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(width) > 900


def test_a_printed_page_is_a_pdf_of_a_few_sheets(open_page: Open, report_file: Path) -> None:
    pdf = open_page(report_file).pdf(format="A4")
    assert pdf.startswith(b"%PDF")
    assert 2 <= pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page ") <= 12


@pytest.mark.parametrize(("motion", "behaviour"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_movement_is_reduced_on_request(
    open_page: Open, report_file: Path, motion: str, behaviour: str
) -> None:
    page = open_page(report_file, reduced_motion=motion)
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == behaviour


def test_dark_and_light_follow_the_reader(open_page: Open, report_file: Path) -> None:
    background = "getComputedStyle(document.documentElement).backgroundColor"
    colours = {
        scheme: open_page(report_file, color_scheme=scheme).evaluate(background)
        for scheme in ("light", "dark")
    }
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}


def test_without_javascript_the_page_says_so(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file, java_script_enabled=False)
    assert "JavaScript" in page.locator("noscript").inner_text()


def test_nothing_is_remembered(open_page: Open, report_file: Path) -> None:
    page = open_page(report_file)
    page.select_option("#measure", "1")
    page.locator("#query-list button").nth(2).click()
    kept = page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]")
    assert kept == [0, 0, ""]
