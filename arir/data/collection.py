"""Collections of passages: Pyserini JSONL (gzip too), a folder of such, or a TSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = ["Passage", "collection_files", "read_collection", "read_passages"]

SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".json.gz", ".tsv", ".tsv.gz")
#: spellings of the same field: Pyserini, BEIR, MIRACL
ID_KEYS = ("id", "_id", "docid")
TEXT_KEYS = ("contents", "text")


@dataclass(frozen=True, slots=True)
class Passage:
    """One passage of a collection."""

    id: str
    contents: str
    title: str = ""

    @property
    def text(self) -> str:
        """The title, where there is one and the contents do not begin with it, and the contents."""
        if not self.title or self.contents.startswith(self.title):
            return self.contents
        return f"{self.title}\n{self.contents}"


def collection_files(path: Path) -> list[Path]:
    """The files of a collection, in order.

    Raises:
        DataError: where nothing is there, or a folder holds no collection file.
    """
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise DataError(
            "no such collection", where=path, fix="give a JSONL or TSV file or a folder"
        )
    files = [file for file in sorted(path.iterdir()) if file.name.endswith(SUFFIXES)]
    if not files:
        raise DataError(f"the folder holds no {', '.join(SUFFIXES[:3])} or .tsv file", where=path)
    return files


def read_collection(path: Path) -> Iterator[Passage]:
    """Stream a collection in file order.

    Raises:
        DataError: for a malformed line, an id given twice, an id with spaces, or an empty passage;
            the message names file and line.
    """
    first_seen: dict[str, str] = {}
    for file in collection_files(path):
        tabular = file.name.endswith((".tsv", ".tsv.gz"))
        for number, line in numbered_lines(file):
            where = f"{file}:{number}"
            passage = _from_tsv(line, where) if tabular else _from_json(line, where)
            if passage.id in first_seen:
                raise DataError(
                    f"passage id {passage.id} is given twice, first at {first_seen[passage.id]}",
                    where=where,
                    fix="give every passage an id of its own",
                )
            first_seen[passage.id] = where
            yield passage


def read_passages(path: Path) -> dict[str, Passage]:
    """Read a whole collection into memory, by id."""
    return {passage.id: passage for passage in read_collection(path)}


def _from_tsv(line: str, where: str) -> Passage:
    columns = line.split("\t")
    if len(columns) < 2:
        raise DataError("expected id<TAB>contents, found no tab", where=where)
    return _checked(columns[0].strip(), " ".join(columns[1:]), "", where)


def _from_json(line: str, where: str) -> Passage:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        fix = "each line must be one JSON object"
        raise DataError(
            f"malformed JSON: {error.msg} at column {error.colno}", where=where, fix=fix
        ) from None
    if not isinstance(record, dict):
        raise DataError(f"expected a JSON object, found {type(record).__name__}", where=where)
    identifier = _field(record, ID_KEYS, where)
    contents = _field(record, TEXT_KEYS, where)
    return _checked(identifier, contents, record.get("title") or "", where)


def _field(record: dict[str, Any], keys: tuple[str, ...], where: str) -> str:
    for key in keys:
        if key in record:
            value = record[key]
            if isinstance(value, str):
                return value
            raise DataError(
                f"'{key}' is {type(value).__name__} {value!r}, not a string",
                where=where,
                fix='put it in double quotes: ids stay strings, "007" stays "007"',
            )
    raise DataError(f"no '{keys[0]}' among the keys {', '.join(record) or '(none)'}", where=where)


def _checked(identifier: str, contents: str, title: str, where: str) -> Passage:
    check_id(identifier, "passage", where)
    if not contents.strip():
        raise DataError(
            f"passage {identifier} is empty", where=where, fix="remove it or give it text"
        )
    return Passage(identifier, contents, title)
