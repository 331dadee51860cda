"""``arir encode-corpus``."""

from __future__ import annotations

import click

from arir.cli.command import make_command
from arir.index.config import EncodeCorpusConfig
from arir.index.dense import EncodeReport, encode_corpus


def show(report: EncodeReport, config: EncodeCorpusConfig) -> None:
    """Say how much was encoded, by what, and where the index stands."""
    if report.resumed:
        click.echo(f"{report.resumed:,} passages stood already from an earlier or another process")
    rate = f"{report.encoded / report.seconds:,.0f} passages/s" if report.encoded else "nothing new"
    click.echo(
        f"encoded {report.encoded:,} of {report.passages:,} passages with {report.encoder} "
        f"({report.dimension} dimensions, {rate})"
    )
    if report.complete:
        click.echo(f"index: {report.output}")
    else:
        click.echo(
            f"shard {config.shard} is done; when all are, run without --shard to get the index"
        )


command = make_command("encode-corpus", EncodeCorpusConfig, encode_corpus, show)
