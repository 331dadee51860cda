"""Topics: a TSV of query id and query text. Ids are strings, so ``007`` stays ``007``."""

from __future__ import annotations

from pathlib import Path

from arir.data.lines import check_id, numbered_lines
from arir.errors import DataError

__all__ = ["read_topics"]


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
