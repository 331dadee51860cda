"""The page as text: self-contained, safe by construction, the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from arir.errors import OutputError
from arir.report.data import Report
from arir.report.embed import policy_hash
from arir.report.page import ASSETS, page, write_page


def test_the_page_asks_for_nothing(report: Report) -> None:
    text = page(report)
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+[\w/.-]*", text))
    assert addresses == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"@import|url\(|\bsrc=|<link(?! rel=\"icon\")", text)


def test_the_policy_fits_the_style_and_the_script(report: Report) -> None:
    text = page(report)
    style = text[text.index("<style>") + 7 : text.index("</style>")]
    script = text[text.rindex("<script>") + 8 : text.rindex("</script>")]
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert f"style-src {policy_hash(style)};" in policy[1]
    assert f"script-src {policy_hash(script)}" in policy[1]
    assert "unsafe" not in policy[1]


@pytest.mark.parametrize(
    "forbidden",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "</"],
)
def test_no_script_turns_text_into_markup_or_code(forbidden: str) -> None:
    for asset in ASSETS.glob("*.js"):
        assert forbidden not in asset.read_text(encoding="utf-8"), asset.name


def test_the_same_report_gives_the_same_page(report: Report) -> None:
    assert page(report) == page(report)


def test_dollars_and_placeholders_in_the_data_stay(report: Report) -> None:
    text = page(replace(report, title="$data costs $1 ${title}"))
    assert "<title>$data costs $1 ${title}</title>" in text


def test_a_page_that_cannot_be_written_is_named(report: Report, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="folder"):
        write_page(report, tmp_path / "folder")
