"""``arir doctor``."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from arir.cli.command import make_command
from arir.doctor import DoctorConfig, Finding, diagnose
from arir.errors import DependencyError

MARKS = {"ok": ("ok", "green"), "note": ("note", "yellow"), "missing": ("missing", "red")}


def show(findings: list[Finding], config: DoctorConfig) -> None:
    """Print the findings, one a line with its remedy below, and exit with 7 if one is missing."""
    if config.format == "json":
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    else:
        _show_lines(findings)
    if any(finding.status == "missing" for finding in findings):
        click.get_current_context().exit(DependencyError.exit_code)


def _show_lines(findings: list[Finding]) -> None:
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        mark, colour = MARKS[finding.status]
        click.echo(
            f"{click.style(f'{mark:7}', fg=colour)}  {finding.name:{width}}  {finding.found}"
        )
        if finding.remedy:
            click.echo(f"{'':7}  {'':{width}}  -> {finding.remedy}")


command = make_command("doctor", DoctorConfig, diagnose, show)
