"""Relevance judgments in TREC format."""

from __future__ import annotations

from pathlib import Path

from arir.data.columns import read_columns
from arir.data.trec_layout import Layout

__all__ = ["Qrels", "read_qrels"]

#: topic id -> passage id -> grade
Qrels = dict[str, dict[str, int]]

LAYOUT = Layout(
    columns=("topic", "iteration", "docid", "grade"),
    number="grade",
    whole=True,
    example="topic 0 docid grade",
)


def read_qrels(path: Path) -> Qrels:
    """Read ``topic 0 docid grade`` lines; ``#`` lines and gzip are accepted.

    A grade below 0 is kept: "in the pool, but not judged", as trec_eval has it.

    Raises:
        DataError: for a malformed line, a grade that is no integer, or a pair judged twice; the
            message names file and line.
    """
    columns = read_columns(path, LAYOUT, "is judged twice")
    docids = columns.docids.to_pylist()
    grades: list[int] = columns.numbers.tolist()
    bounds = columns.offsets.tolist()
    return {
        topic: dict(zip(docids[start:stop], grades[start:stop], strict=True))
        for topic, start, stop in zip(columns.topic_ids, bounds, bounds[1:], strict=False)
    }
