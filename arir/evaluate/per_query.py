"""Per-query values as TSV, JSON Lines or Parquet: a row a run and topic, a column a measure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import numpy as np

from arir.artefacts.atomic import atomic_file
from arir.data.arrow import as_mask, as_numbers, as_strings
from arir.evaluate.measure import Measured

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["check_suffix", "write_per_query"]

SUFFIXES = (".tsv", ".jsonl", ".parquet")


def check_suffix(path: Path) -> None:
    """Check that a per-query file has a known form.

    Raises:
        ValueError: naming the known suffixes.
    """
    if path.suffix not in SUFFIXES:
        raise ValueError(f"the per-query file {path} must end in {', '.join(SUFFIXES)}")


def write_per_query(path: Path, runs: Mapping[str, Measured]) -> None:
    """Write the values of runs, by the names they are given here.

    Columns: ``run``, ``topic``, a column for each measure with its value in full precision, and
    ``missing``: whether the run lacks the topic, so that its values are filled in as 0.

    Raises:
        ValueError: for a suffix other than ``.tsv``, ``.jsonl`` and ``.parquet``.
        OutputError: where the file cannot be written.
    """
    check_suffix(path)
    with atomic_file(path) as stream:
        if path.suffix == ".parquet":
            stream.flush()
            cast(TextIO, stream).buffer.write(_parquet(runs))
        elif path.suffix == ".jsonl":
            for row in _rows(runs):
                stream.write(json.dumps(row, ensure_ascii=False) + "\n")
        else:
            for number, row in enumerate(_rows(runs)):
                if number == 0:
                    stream.write("\t".join(row) + "\n")
                stream.write("\t".join(map(_text, row.values())) + "\n")


def _rows(runs: Mapping[str, Measured]) -> Iterator[dict[str, Any]]:
    for name, measured in runs.items():
        missing = set(measured.missing)
        columns = [values.tolist() for values in measured.values.values()]
        for topic, *values in zip(measured.topic_ids, *columns, strict=True):
            row = {"run": name, "topic": topic}
            yield (
                row
                | dict(zip(measured.values, values, strict=True))
                | {"missing": topic in missing}
            )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parquet(runs: Mapping[str, Measured]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    rows = list(_rows(runs))
    columns = {name: _column([row[name] for row in rows]) for name in rows[0]}
    lines = pa.BufferOutputStream()
    parquet.write_table(pa.table(columns), lines)
    content: bytes = lines.getvalue().to_pybytes()
    return content


def _column(values: list[Any]) -> pa.Array:
    if isinstance(values[0], str):
        return as_strings(values)
    return (
        as_mask(np.array(values)) if isinstance(values[0], bool) else as_numbers(np.array(values))
    )
