"""``arir split-corpus``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.split.config import SplitCorpusConfig
from arir.split.service import SplitReport, split_corpus


def show(report: SplitReport, config: SplitCorpusConfig) -> None:
    """Say what became of the documents."""
    click.echo(
        f"{report.output}: {report.passages:,} passages of {report.documents:,} documents, "
        f"{report.split:,} of which are longer than {config.window:,} words"
    )


command = make_command("split-corpus", SplitCorpusConfig, split_corpus, show)
