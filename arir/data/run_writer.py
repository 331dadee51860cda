"""Write TREC runs straight from their columns."""

from __future__ import annotations

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.artefacts.atomic import atomic_file
from arir.data.arrow import as_numbers, as_strings
from arir.data.lines import check_id
from arir.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

    from arir.data.runs import Run

__all__ = ["write_run"]

#: topics written at a time, so that a large run needs little memory
TOPICS = 512
#: what str.isspace() knows, in the words of RE2
WHITE_OR_EMPTY = r"^$|[\s\x0b\x1c-\x1f\x{85}]|\pZ"


def write_run(path: Path, run: Run) -> None:
    """Write a TREC run, ranks from 1 in the order of the hits.

    A score is written with the fewest digits that give it back, as a single-precision number if
    all scores are such.

    Raises:
        DataError: for an id that holds white space, or a topic that would read as a comment.
        OutputError: where the file cannot be written.
    """
    check_id(run.tag, "run", str(path))
    for topic in run.topic_ids:
        _check_topic(topic, path)
    with np.errstate(over="ignore"):
        single = bool((run.scores.astype(np.float32) == run.scores).all())
    with atomic_file(path) as stream:
        for first in range(0, len(run), TOPICS):
            _write_topics(stream, run, range(first, min(first + TOPICS, len(run))), single, path)


def _write_topics(stream: IO[str], run: Run, topics: range, single: bool, path: Path) -> None:
    start, stop = int(run.offsets[topics.start]), int(run.offsets[topics.stop])
    if start == stop:
        return
    docids = run.docid_column.slice(start, stop - start)
    _check_docids(docids, path)
    sizes = np.diff(run.offsets[topics.start : topics.stop + 1])
    scores = run.scores[start:stop]
    _write_columns(
        stream,
        [
            _repeated(run.topic_ids[topics.start : topics.stop], sizes),
            _repeated(("Q0",), np.array([stop - start])),
            docids,
            as_numbers(np.arange(1, stop - start + 1) - np.repeat(np.cumsum(sizes) - sizes, sizes)),
            as_numbers(scores.astype(np.float32) if single else scores),
            _repeated((run.tag,), np.array([stop - start])),
        ],
    )


def _check_topic(topic: str, path: Path) -> None:
    if check_id(topic, "topic", str(path)).startswith("#"):
        fix = "rename the topic"
        raise DataError(f"topic id {topic!r} begins with #, a comment's mark", where=path, fix=fix)


def _check_docids(docids: pa.ChunkedArray, path: Path) -> None:
    from pyarrow import compute

    unsound = docids.filter(compute.match_substring_regex(docids, WHITE_OR_EMPTY))
    if len(unsound) > 0:
        check_id(unsound[0].as_py(), "passage", str(path))


def _write_columns(stream: IO[str], columns: list[Any]) -> None:
    """Write columns of equal length, single spaces between them."""
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table(columns, names=[str(at) for at in range(len(columns))])
    options = csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
    lines = pa.BufferOutputStream()
    try:
        csv.write_csv(table, lines, options)
        stream.write(lines.getvalue().to_pybytes().decode())
    except pa.ArrowInvalid:
        # Arrow's writer refuses ids with a quotation mark, which are sound in a run.
        words = (column.cast(pa.string()).to_pylist() for column in table.columns)
        stream.writelines(" ".join(row) + "\n" for row in zip(*words, strict=True))


def _repeated(values: tuple[str, ...], counts: NDArray[np.int64]) -> pa.StringArray:
    import pyarrow as pa

    codes = np.repeat(np.arange(len(values), dtype=np.int32), counts)
    return pa.DictionaryArray.from_arrays(as_numbers(codes), as_strings(values)).dictionary_decode()
