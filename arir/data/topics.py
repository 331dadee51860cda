"""Topics: a TSV of query id and query text. Ids are strings, so ``007`` stays ``007``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = ["read_all_topics", "read_topics"]


def read_topics(path: Path) -> dict[str, str]:
    """Read ``id<TAB>text`` lines (gzip too), in file order.

    Raises:
        DataError: for a line without a tab, an id given twice or with spaces, or an empty query.

    Returns:
        A map from query id to query text.
    """
    topics: dict[str, str] = {}
    for number, line in numbered_lines(path):
        where = f"{path}:{number}"
        identifier, tab, text = line.partition("\t")
        if not tab:
            raise DataError("expected id<TAB>query, found no tab", where=where)
        check_id(identifier, "query", where)
        if identifier in topics:
            raise DataError(f"query id {identifier} is given twice", where=where, fix="remove one")
        if not text.strip():
            raise DataError(
                f"query {identifier} is empty", where=where, fix="remove it or give it text"
            )
        topics[identifier] = text.strip()
    return topics


def read_all_topics(paths: Sequence[Path]) -> dict[str, str]:
    """Read several files of topics as one.

    Raises:
        DataError: where one is unusable, or two give the same id different texts.
    """
    topics: dict[str, str] = {}
    for path in paths:
        for identifier, text in read_topics(path).items():
            if topics.setdefault(identifier, text) != text:
                fix = "give every query an id of its own"
                what = f"query {identifier} has another text than in an earlier file"
                raise DataError(what, where=path, fix=fix)
    return topics
