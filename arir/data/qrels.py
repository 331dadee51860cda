"""Relevance judgments in TREC format."""

from __future__ import annotations

from pathlib import Path

from arir.data.lines import numbered_lines
from arir.errors import DataError

__all__ = ["Qrels", "read_qrels"]

#: topic id -> passage id -> grade
Qrels = dict[str, dict[str, int]]


def read_qrels(path: Path) -> Qrels:
    """Read ``topic 0 docid grade`` lines; ``#`` lines and gzip are accepted.

    Raises:
        DataError: for a malformed line, a grade that is no integer, or a pair judged twice.
    """
    qrels: Qrels = {}
    for number, line in numbered_lines(path):
        if line.startswith("#"):
            continue
        where = f"{path}:{number}"
        columns = line.split()
        if len(columns) != 4:
            raise DataError(
                f"expected 4 columns, found {len(columns)}",
                where=where,
                fix="a line is: topic 0 docid grade",
            )
        topic, _, docid, grade = columns
        judged = qrels.setdefault(topic, {})
        if docid in judged:
            raise DataError(
                f"passage {docid} is judged twice for topic {topic}", where=where, fix="keep one"
            )
        judged[docid] = _grade(grade, where)
    if not qrels:
        raise DataError("the qrels hold no judgment", where=path)
    return qrels


def _grade(text: str, where: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise DataError(f"grade {text!r} is not an integer", where=where) from None
