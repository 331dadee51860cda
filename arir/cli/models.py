"""``arir models list`` and ``arir models show``."""

from __future__ import annotations

import json
from typing import Any

import click

from arir.cli.command import make_command
from arir.config import to_dict
from arir.display import Cell, Column, Table
from arir.display import show as show_table
from arir.models.catalogue import CatalogueEntry, list_catalogue, show_model
from arir.models.config import ListModelsConfig, ShowModelConfig


def show_list(entries: list[CatalogueEntry], config: ListModelsConfig) -> None:
    """Print the models, one a line."""
    if config.format == "json":
        click.echo(json.dumps([_values(entry) for entry in entries], ensure_ascii=False, indent=2))
        return
    columns = ("name", "family", "languages", "licence", "hub_id", "local")
    notes = ["Any local folder or hub id (org/model) can be used in place of a name."]
    shipped = [f"{entry.spec.name} ({entry.megabytes} MB)" for entry in entries if entry.shipped]
    if shipped:
        notes.insert(0, f"Shipped with arir, for use offline: {', '.join(shipped)}.")
    rows = tuple(_row(entry) for entry in entries)
    table = Table(tuple(Column(name, _title(name)) for name in columns), rows, notes=tuple(notes))
    show_table(table, config.format)


def show_one(entry: CatalogueEntry, config: ShowModelConfig) -> None:
    """Print the fields of one model, one a line."""
    values = _values(entry)
    if config.format == "json":
        click.echo(json.dumps(values, ensure_ascii=False, indent=2))
        return
    rows = tuple((Cell(_title(name)), Cell(_text(value))) for name, value in values.items())
    show_table(Table((Column("field"), Column("value")), rows), config.format)


def _row(entry: CatalogueEntry) -> tuple[Cell, ...]:
    spec = entry.spec
    return (
        Cell(spec.name),
        Cell(spec.family),
        Cell(", ".join(spec.languages) or None),
        Cell(spec.licence),
        Cell(spec.hub_id),
        Cell("shipped" if entry.shipped else "yes" if entry.folder else "no"),
    )


def _values(entry: CatalogueEntry) -> dict[str, Any]:
    values = to_dict(entry.spec)
    del values["folder"]
    return {**values, "loaded_from": entry.source, "megabytes": entry.megabytes}


def _text(value: object) -> str | None:
    """A field as a reader sees it; prefixes keep the space at their end."""
    if value is None or value in ("", []):
        return None
    if isinstance(value, list):
        return ", ".join(map(str, value))
    text = str(value)
    return f'"{text}"' if text != text.strip() else text


def _title(name: str) -> str:
    return name.replace("_", " ")


@click.group(name="models", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """List and describe the models that have a short name."""


command.add_command(make_command("list", ListModelsConfig, list_catalogue, show_list))
command.add_command(make_command("show", ShowModelConfig, show_model, show_one))
