"""A real comparison on the embedded collection, opened in a real browser where there is one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from arir.report.data import Report
from arir.report.page import write_page
from tests.report.sample import sample_report

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
Open = Callable[..., Page]


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Three systems on one collection."""
    return sample_report(tmp_path_factory.mktemp("runs"), seed=1)


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The same systems on two collections."""
    return sample_report(tmp_path_factory.mktemp("several"), collections=2)


@pytest.fixture(scope="session")
def report_file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(report, path)
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        pytest.skip(f"needs a browser: none of {', '.join(CHROMIUM)} is on the PATH")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a file in a fresh context; at the end no error and no request may have occurred."""
    contexts = []
    problems: list[str] = []

    def _open(path: Path, address: str = "", width: int = 1280, **options: Any) -> Page:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("request", lambda request: note_request(request.url))
        page.goto(f"{path.as_uri()}{address}")
        return page

    def note_request(url: str) -> None:
        if not url.startswith("file:") or not url.split("#")[0].endswith(".html"):
            problems.append(f"request: {url}")

    yield _open
    for context in contexts:
        context.close()
    assert problems == []


@pytest.fixture
def make_file(tmp_path: Path) -> Callable[[Report], Path]:
    """Write the page of another report."""

    def _make(other: Report) -> Path:
        path = tmp_path / "other.html"
        write_page(other, path)
        return path

    return _make
