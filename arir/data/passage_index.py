"""Where the passages of a collection go: ids that are asked for get places in collection order.

Only the ids are held. Texts are streamed from the collection whenever they are wanted, or from
another one that has the same ids, such as its translation into a further language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import located_passages
from arir.data.collection_blocks import PassageBlock, read_passage_blocks
from arir.errors import DataError
from arir.progress import progress_bar

__all__ = ["NONE", "PassageIndex", "Places", "Rows"]

Places = NDArray[np.int32]
Rows = NDArray[np.int64]
#: the place of a passage that has none
NONE = -1


class PassageIndex:
    """Places of passages by id.

    Args:
        codes: a number for each id, from 0.
        places: the place of each number, or -1, shape (ids,); without it, number and place are one.
    """

    def __init__(self, codes: Mapping[str, int], places: Places | None = None) -> None:
        self._codes = codes
        known = np.arange(len(codes), dtype=np.int32) if places is None else places
        # The last entry is that of unknown ids, whose number is -1.
        self._places: Places = np.append(known, np.int32(NONE))
        self._size = int(self._places.max()) + 1

    def __len__(self) -> int:
        return self._size

    def ids(self) -> tuple[str, ...]:
        """The ids in the order of their places."""
        ids = [""] * len(self)
        for identifier, code in self._codes.items():
            if self._places[code] != NONE:
                ids[self._places[code]] = identifier
        return tuple(ids)

    def rows_in(self, corpora: Sequence[Path]) -> Rows:
        """Where each place's passage stands in a collection, shape (places,).

        Passages count from 0 over all parts of the collection; one that is not found has -1.

        Raises:
            DataError: for an unusable collection, or an id that it gives twice.
        """
        found: Rows = np.full(len(self), NONE, dtype=np.int64)
        read = 0
        for block, rows, places in self._found(corpora):
            found[places] = read + rows
            read += len(block.ids)
        return found

    def texts_of(
        self, corpora: Sequence[Path], *, with_title: bool = False
    ) -> Iterator[str | None]:
        """The texts by place from any collection with such ids; ``None`` where it lacks one.

        It is read twice. One in another order works as well, but its texts are held in memory from
        where they stand to where they are due.

        Raises:
            DataError: for an unusable collection, or an id that it gives twice.
        """
        present = self.rows_in(corpora) != NONE
        waiting: dict[int, str] = {}
        due = 0
        for block, rows, places in self._found(corpora):
            texts = block.texts(rows, with_title=with_title)
            waiting.update(zip(places.tolist(), texts, strict=True))
            while due < len(self) and (due in waiting or not present[due]):
                yield waiting.pop(due, None)
                due += 1
        yield from [None] * (len(self) - due)

    def _found(self, corpora: Sequence[Path]) -> Iterator[tuple[PassageBlock, Rows, Places]]:
        """The blocks of the collection with the rows of passages that have places, and those."""
        seen = np.zeros(len(self), dtype=bool)
        with progress_bar("collection", unit="passage") as bar:
            for block in (block for path in corpora for block in read_passage_blocks(path)):
                places = self._places_of(block.ids.to_pylist())
                rows = np.flatnonzero(places != NONE)
                here = places[rows]
                if seen[here].any() or len(np.unique(here)) < len(here):
                    raise _given_twice(corpora, self._codes, self._places)
                seen[here] = True
                bar.update(len(places))
                yield block, rows, here

    def _places_of(self, ids: list[str]) -> Places:
        codes = map(self._codes.get, ids, repeat(NONE))
        return self._places[np.fromiter(codes, dtype=np.int64, count=len(ids))]


def _given_twice(corpora: Sequence[Path], codes: Mapping[str, int], places: Places) -> DataError:
    """Read the collection once more for the places, which the first reading did not keep."""
    first: dict[str, str] = {}
    for path in corpora:
        for passage, where in located_passages(path):
            if places[codes.get(passage.id, NONE)] != NONE:
                if passage.id in first:
                    what = f"passage id {passage.id} is given twice, first at {first[passage.id]}"
                    return DataError(what, where=where, fix="give every passage an id of its own")
                first[passage.id] = where
    return DataError("the collection changed while it was read", where=_named(corpora))


def _named(corpora: Sequence[Path]) -> str:
    return ", ".join(map(str, corpora))
