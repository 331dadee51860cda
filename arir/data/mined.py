"""Files of mined negatives: JSONL of ``{"query": id, "positives": [...], "negatives": [...]}``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.artefacts.atomic import atomic_file
from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = ["MinedQuery", "read_mined", "write_mined"]

KEYS = ("query", "positives", "negatives")


@dataclass(frozen=True, slots=True)
class MinedQuery:
    """A training query with passages of both kinds, by id, the hardest negative first."""

    query: str
    positives: tuple[str, ...]
    negatives: tuple[str, ...]


def write_mined(path: Path, queries: Iterable[MinedQuery]) -> None:
    """Write one query a line.

    Raises:
        OutputError: where the file cannot be written.
    """
    with atomic_file(path) as stream:
        for query in queries:
            record = {key: getattr(query, key) for key in KEYS}
            stream.write(json.dumps(record, ensure_ascii=False) + "\n")


def read_mined(path: Path) -> Iterator[MinedQuery]:
    """Stream the queries of a file (gzip too) in its order; further keys of a line are ignored.

    Raises:
        DataError: for a malformed line, a query given twice or without a passage of either kind, a
            passage listed twice or as both; the message names file and line.
    """
    seen: set[str] = set()
    for number, line in numbered_lines(path):
        where = f"{path}:{number}"
        found = _parsed(line, where)
        if found.query in seen:
            raise DataError(f"query {found.query} is given twice", where=where, fix="remove one")
        seen.add(found.query)
        yield found


def _parsed(line: str, where: str) -> MinedQuery:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"malformed JSON: {error}", where=where) from None
    if not isinstance(record, dict):
        raise DataError(f"expected a JSON object, found {type(record).__name__}", where=where)
    missing = [key for key in KEYS if key not in record]
    if missing:
        raise DataError(f"no '{missing[0]}'", where=where, fix=f"every line has {', '.join(KEYS)}")
    query = _checked(record["query"], "query", where)
    positives = _listed(record["positives"], "positives", where)
    negatives = _listed(record["negatives"], "negatives", where)
    both = sorted(set(positives) & set(negatives))
    if both:
        raise DataError(f"passage {both[0]} is a positive and a negative", where=where)
    return MinedQuery(query, positives, negatives)


def _listed(values: Any, key: str, where: str) -> tuple[str, ...]:
    if not isinstance(values, list) or not values:
        raise DataError(f"'{key}' is no list of passage ids, or an empty one", where=where)
    docids = tuple(_checked(value, "passage", where) for value in values)
    if len(set(docids)) < len(docids):
        raise DataError(f"a passage stands twice among the {key}", where=where)
    return docids


def _checked(value: Any, kind: str, where: str) -> str:
    if not isinstance(value, str):
        raise DataError(
            f"{kind} id {value!r} is not a string", where=where, fix="put it in double quotes"
        )
    return check_id(value, kind, where)
