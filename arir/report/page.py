"""Assemble the page: template, style, scripts and data in one file that needs nothing else."""

from __future__ import annotations

import html
from pathlib import Path
from string import Template

from arir.artefacts import atomic_file
from arir.report.bundle import bundle
from arir.report.data import Report
from arir.report.embed import json_for_script, policy_hash
from arir.report.palette import style_sheet
from arir.report.payload import MAX_BYTES, payload

__all__ = ["page", "write_page"]

ASSETS = Path(__file__).parent / "assets"
STYLES = ("base.css", "tables.css", "figures.css", "explorer.css", "print.css")


def write_page(report: Report, path: Path) -> None:
    """Write the page.

    Raises:
        OutputError: where the file cannot be written.
    """
    text = page(report)
    with atomic_file(path) as stream:
        stream.write(text)


def page(report: Report, max_bytes: int = MAX_BYTES) -> str:
    """The whole page as HTML; the same report always gives the same text."""
    style = style_sheet() + "".join(_asset(name) for name in STYLES)
    script = bundle(ASSETS, "main.js")
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {policy_hash(style)}; script-src {policy_hash(script)}"
    )
    return Template(_asset("template.html")).substitute(
        title=html.escape(report.title),
        policy=policy,
        style=style,
        script=script,
        data=json_for_script(payload(report, max_bytes)),
    )


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")
