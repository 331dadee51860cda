"""The parts of a teacher-score store: Parquet files of query id, passage id and score."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from arir.artefacts.atomic import atomic_bytes
from arir.data.arrow import as_numbers, as_strings, numbers_of
from arir.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Pairs", "part_name", "part_paths", "read_part", "write_part"]

COLUMNS = ("qid", "pid", "score")


@dataclass(frozen=True)
class Pairs:
    """N scored pairs, those of a query beside each other.

    Attributes:
        query_ids: the distinct query ids of these pairs.
        passage_ids: the distinct passage ids of these pairs.
        query: shape (N,), places in :attr:`query_ids`.
        passage: shape (N,), places in :attr:`passage_ids`.
        scores: shape (N,).
    """

    query_ids: Sequence[str]
    passage_ids: Sequence[str]
    query: NDArray[np.int32]
    passage: NDArray[np.int32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def starts(self) -> NDArray[np.intp]:
        """Where each query's pairs begin."""
        if not len(self):
            return np.zeros(0, dtype=np.intp)
        return np.concatenate([[0], np.flatnonzero(np.diff(self.query)) + 1])

    def lists(self) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """Every query id with its passage ids and scores."""
        bounds = [*self.starts.tolist(), len(self)]
        passages = [self.passage_ids[place] for place in self.passage.tolist()]
        scores = self.scores.tolist()
        for start, stop in pairwise(bounds):
            listed = list(zip(passages[start:stop], scores[start:stop], strict=True))
            yield self.query_ids[int(self.query[start])], listed


def part_name(number: int) -> str:
    """The file name of the n-th part, from 0.

    >>> part_name(3)
    'part-00003.parquet'
    """
    return f"part-{number:05}.parquet"


def part_paths(folder: Path) -> list[Path]:
    """The parts that lie in a folder, in their order."""
    return sorted(folder.glob("part-*.parquet"))


def write_part(path: Path, pairs: Pairs) -> None:
    """Write a part, which appears whole or not at all; the same pairs give the same bytes.

    Raises:
        OutputError: where the file cannot be written.
    """
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_arrays(
        [
            as_strings([pairs.query_ids[place] for place in pairs.query.tolist()]),
            as_strings([pairs.passage_ids[place] for place in pairs.passage.tolist()]),
            as_numbers(pairs.scores.astype(np.float32, copy=False)),
        ],
        names=list(COLUMNS),
    )
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd")
    atomic_bytes(path, sink.getvalue().to_pybytes())


def read_part(path: Path, sha256: str | None = None) -> Pairs:
    """Read a part, and check that its bytes are those that the manifest speaks of.

    Raises:
        DataError: where the part is missing, damaged, or of another form.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        content = path.read_bytes()
        if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
            raise pa.ArrowInvalid("its content is not what the manifest says")
        names = list(COLUMNS[:2])
        file = parquet.ParquetFile(pa.BufferReader(content), read_dictionary=names)
        table = file.read(columns=list(COLUMNS), use_threads=False)
        return _pairs(table)
    except (OSError, KeyError, pa.ArrowException) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        what = f"damaged part of a teacher-score store: {reason}"
        raise DataError(what, where=path, fix="copy it again, or score again") from None


def _pairs(table: pa.Table) -> Pairs:
    import pyarrow as pa

    columns = table.unify_dictionaries().combine_chunks()
    sound = table.num_rows and table.schema.field("score").type == pa.float32()
    if not sound or any(columns[name].null_count for name in COLUMNS):
        raise pa.ArrowInvalid(f"expected rows of {', '.join(COLUMNS)}, found {table.schema}")
    (query_ids, query), (passage_ids, passage) = (_codes(columns[name]) for name in COLUMNS[:2])
    scores: NDArray[np.float32] = numbers_of(columns["score"].chunk(0))
    return Pairs(query_ids, passage_ids, query, passage, scores)


def _codes(column: Any) -> tuple[list[str], NDArray[np.int32]]:
    """The distinct ids of a dictionary column, and the place of each row's."""
    chunk = column.chunk(0)
    return chunk.dictionary.to_pylist(), numbers_of(chunk.indices)
