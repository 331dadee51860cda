"""Collections of passages: Pyserini JSONL (gzip too), a folder of such, or a TSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = [
    "Passage",
    "collection_files",
    "is_tsv",
    "located_passages",
    "parse_passage",
    "read_collection",
    "read_passages",
]

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
    visible = (file for file in sorted(path.iterdir()) if not file.name.startswith("."))
    files = [file for file in visible if file.name.endswith(SUFFIXES)]
    if not files:
        raise DataError(f"the folder holds no {', '.join(SUFFIXES[:3])} or .tsv file", where=path)
    return files


def read_collection(path: Path) -> Iterator[Passage]:
    """Stream a collection in file order.

    Raises:
        DataError: for a malformed line, an id given twice, an id with spaces, or an empty passage;
            the message names file and line.
    """
    seen: set[str] = set()
    for passage, where in located_passages(path):
        if passage.id in seen:
            # Places are not kept, since those of millions of passages would fill the memory.
            first = next(place for other, place in located_passages(path) if other.id == passage.id)
            raise DataError(
                f"passage id {passage.id} is given twice, first at {first}",
                where=where,
                fix="give every passage an id of its own",
            )
        seen.add(passage.id)
        yield passage


def located_passages(path: Path) -> Iterator[tuple[Passage, str]]:
    """Every passage with its ``file:line``; an id that is given twice comes twice."""
    for file in collection_files(path):
        for number, line in numbered_lines(file):
            where = f"{file}:{number}"
            yield parse_passage(line, file, where), where


def is_tsv(file: Path) -> bool:
    """Whether a file of a collection is a TSV, and not JSONL."""
    return file.name.endswith((".tsv", ".tsv.gz"))


def parse_passage(line: str, file: Path, where: str) -> Passage:
    """The passage in a line of a file, whose place errors name.

    Raises:
        DataError: where the line is malformed, the id holds spaces, or the passage is empty.
    """
    return _from_tsv(line, where) if is_tsv(file) else _from_json(line, where)


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
    except (ValueError, RecursionError) as error:
        reason = str(error)
        if isinstance(error, json.JSONDecodeError):
            reason = f"{error.msg} at column {error.colno}"
        fix = "each line must be one JSON object"
        raise DataError(f"malformed JSON: {reason}", where=where, fix=fix) from None
    if not isinstance(record, dict):
        raise DataError(f"expected a JSON object, found {type(record).__name__}", where=where)
    identifier = _field(record, ID_KEYS, where)
    contents = _field(record, TEXT_KEYS, where)
    title = _field(record, ("title",), where) if record.get("title") is not None else ""
    passage = _checked(identifier, contents, title, where)
    if "\\u" in line:
        _check_encodable(passage, where)
    return passage


def _field(record: dict[str, Any], keys: tuple[str, ...], where: str) -> str:
    for key in keys:
        if key in record:
            value = record[key]
            if isinstance(value, str):
                return value
            raise DataError(
                f"'{key}' is {type(value).__name__} {value!r}, not a string",
                where=where,
                fix='put it in double quotes; ids stay strings, "007" stays "007"',
            )
    raise DataError(f"no '{keys[0]}' among the keys {', '.join(record) or '(none)'}", where=where)


def _check_encodable(passage: Passage, where: str) -> None:
    """Refuse half a surrogate pair, which only an escape can bring in and no file can take."""
    try:
        f"{passage.id}{passage.title}{passage.contents}".encode()
    except UnicodeEncodeError as error:
        half = error.object[error.start]
        raise DataError(
            f"passage {passage.id!a} holds \\u{ord(half):04x}, half of a surrogate pair",
            where=where,
            fix="remove it, or write the whole character",
        ) from None


def _checked(identifier: str, contents: str, title: str, where: str) -> Passage:
    check_id(identifier, "passage", where)
    if not contents.strip():
        raise DataError(
            f"passage {identifier} is empty", where=where, fix="remove it or give it text"
        )
    return Passage(identifier, contents, title)
