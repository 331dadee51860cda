"""The rows of a teacher file as numbers in files: the first pass of the join with the texts."""

from __future__ import annotations

from collections.abc import Container, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.flat_file import FlatFile
from arir.data.teacher_choice import RowChoice
from arir.data.teacher_queries import HeldOutPool, HeldOutQuery, read_parts, rows_of
from arir.data.teacher_rows import Codes, Numbers, Part

__all__ = ["RowFiles", "Spool", "spool_rows"]


class RowFiles:
    """Queries, passages and scores of rows, each in a file: 20 bytes a row.

    Args:
        folder: where the files are made.
        name: what their names begin with.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self.query = FlatFile(folder / f"{name}.query", np.int32)
        self.passages = FlatFile(folder / f"{name}.passages", np.int32, columns=2)
        self.scores = FlatFile(folder / f"{name}.scores", np.float32, columns=2)

    def __len__(self) -> int:
        return len(self.query)

    def append(self, query: Codes, passages: Codes, scores: Numbers) -> None:
        """Write n rows: shapes (n,), (n, 2) and (n, 2)."""
        self.query.append(query)
        self.passages.append(passages)
        self.scores.append(scores)

    def chunks(self) -> Iterator[tuple[Codes, Codes, Numbers]]:
        """Read the rows again, some at a time."""
        files = (self.query.chunks(), self.passages.chunks(), self.scores.chunks())
        return zip(*files, strict=True)

    def close(self) -> None:
        """Write what is not written yet."""
        for file in (self.query, self.passages, self.scores):
            file.close()

    def remove(self) -> None:
        """Close and delete the files."""
        self.close()
        for file in (self.query, self.passages, self.scores):
            file.path.unlink(missing_ok=True)


@dataclass
class Spool:
    """What the first pass leaves.

    Attributes:
        rows: their ids as numbers, in file order.
        query_codes: the number of each query id, in the order in which the rows name them.
        passage_codes: the number of each passage id, likewise.
        held_out: the queries that were left out, as far as the file has them.
    """

    rows: RowFiles
    query_codes: dict[str, int] = field(default_factory=dict)
    passage_codes: dict[str, int] = field(default_factory=dict)
    held_out: dict[str, HeldOutQuery] = field(default_factory=dict)

    def add(self, part: Part, chosen: NDArray[np.bool_]) -> None:
        """Take some rows of a part in; ``chosen`` has shape (rows of the part,)."""
        codes = (self.query_codes, self.passage_codes, self.passage_codes)
        query, positive, negative = (
            _numbered(ids, places[chosen], known)
            for (ids, places), known in zip(part.ids, codes, strict=True)
        )
        scores = np.stack([column[chosen] for column in part.scores], axis=1)
        self.rows.append(query, np.stack([positive, negative], axis=1), scores)


def spool_rows(
    path: Path, folder: Path, choice: RowChoice, leave_out: Container[str], negatives: int
) -> Spool:
    """Stream a teacher file into files of numbers; memory grows with the distinct ids alone.

    Args:
        path: the teacher file, plain or gzip.
        folder: where the files are made.
        choice: which rows are taken of those that are not left out.
        leave_out: ids of queries whose rows are gathered as held-out queries. For their sake the
            whole file is read, even where no further row is chosen.
        negatives: most distinct negatives of a held-out query.

    Raises:
        DataError: for a line that cannot be read, or a file without rows.
        OutputError: where the files cannot be written.
    """
    pool = HeldOutPool(negatives)
    spool = Spool(RowFiles(folder, "read"))
    with closing(spool.rows), closing(read_parts(path)) as parts:
        for part in parts:
            chosen = ~rows_of(part, leave_out)
            if not chosen.all():
                pool.add(part, ~chosen)
            chosen[chosen] = choice.take(int(chosen.sum()))
            if chosen.any():
                spool.add(part, chosen)
            if choice.done and not leave_out:
                break
    spool.held_out = pool.finished()
    return spool


def _numbered(ids: list[str], places: Codes, numbers: dict[str, int]) -> Codes:
    """The number of each id, new ids being given the next ones; the ids of a part are distinct."""
    # Ids of rows that are not taken get no number.
    used = np.flatnonzero(np.bincount(places, minlength=len(ids)))
    names = ids if len(used) == len(ids) else [ids[place] for place in used.tolist()]
    codes = np.zeros(len(ids), dtype=np.int32)
    codes[used] = np.fromiter(map(numbers.get, names, repeat(-1)), np.int32, len(names))
    new = np.flatnonzero(codes == -1)
    following = range(len(numbers), len(numbers) + len(new))
    codes[new] = following
    numbers.update(zip([ids[place] for place in new.tolist()], following, strict=True))
    return codes[places]
