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
        # Rows of passages in collections that were read, counted over all parts, so that their
        # ids need not be looked up again.
        self._rows: dict[tuple[Path, ...], Rows] = {}

    def __len__(self) -> int:
        return self._size

    def ids(self) -> tuple[str, ...]:
        """The ids in the order of their places."""
        ids = [""] * len(self)
        for identifier, code in self._codes.items():
            if self._places[code] != NONE:
                ids[self._places[code]] = identifier
        return tuple(ids)

    def renumbered(self, places: Places) -> PassageIndex:
        """The same ids with other places, or -1, shape (ids,); what was looked up stays known."""
        index = PassageIndex(self._codes, places)
        kept = np.flatnonzero(places != NONE)
        for corpora, rows in self._rows.items():
            index._rows[corpora] = np.empty(len(index), dtype=np.int64)
            index._rows[corpora][places[kept]] = rows[self._places[kept]]
        return index

    def ranks(self, corpora: Sequence[Path]) -> Places:
        """When each place's passage comes among those found in the collection, shape (places,).

        A passage that is not found has -1. Ranks are the places that :meth:`texts_in_order` needs.

        Raises:
            DataError: for an unusable collection, or an id that it gives twice.
        """
        rows = self._rows_in(corpora)
        found = np.flatnonzero(rows != NONE)
        ranks = np.full(len(self), NONE, dtype=np.int32)
        ranks[found[np.argsort(rows[found])]] = np.arange(len(found))
        return ranks

    def texts_in_order(self, corpora: Sequence[Path], *, with_title: bool = False) -> Iterator[str]:
        """Stream the texts by place from the collection in whose order the places are.

        Raises:
            DataError: where the collection is unusable, has not all passages in that order, or is
                another one than when they were looked up.
        """
        rows, ids = self._rows_in(corpora), self.ids()
        out_of_order = np.flatnonzero(np.diff(rows, prepend=NONE) <= 0)
        if len(out_of_order):
            what = f"passage {ids[out_of_order[0]]} is missing or in another order"
            raise DataError(what, where=_named(corpora))
        read = due = 0
        for block in _blocks(corpora):
            stop = int(np.searchsorted(rows, read + len(block.ids)))
            here = rows[due:stop] - read
            if len(here) and block.ids[int(here[0])].as_py() != ids[due]:
                break
            yield from block.texts(here, with_title=with_title)
            read, due = read + len(block.ids), stop
        if due < len(rows):
            what = f"passage {ids[due]} is no longer where it was"
            fix = "leave the collection as it is until the command ends"
            raise DataError(what, where=_named(corpora), fix=fix)

    def texts_of(
        self, corpora: Sequence[Path], *, with_title: bool = False
    ) -> Iterator[str | None]:
        """The texts by place from any collection with such ids; ``None`` where it lacks one.

        It is read twice. One in another order works as well, but its texts are held in memory from
        where they stand to where they are due.

        Raises:
            DataError: for an unusable collection, or an id that it gives twice.
        """
        present = self._rows_in(corpora) != NONE
        waiting: dict[int, str] = {}
        due = 0
        for block, rows, places in self._found(corpora):
            texts = block.texts(rows, with_title=with_title)
            waiting.update(zip(places.tolist(), texts, strict=True))
            while due < len(self) and (due in waiting or not present[due]):
                yield waiting.pop(due, None)
                due += 1
        yield from [None] * (len(self) - due)

    def _rows_in(self, corpora: Sequence[Path]) -> Rows:
        """Where each place's passage stands in a collection, or -1, shape (places,)."""
        known = self._rows.get(tuple(corpora))
        if known is not None:
            return known
        found: Rows = np.full(len(self), NONE, dtype=np.int64)
        read = 0
        for block, rows, places in self._found(corpora):
            found[places] = read + rows
            read += len(block.ids)
        self._rows[tuple(corpora)] = found
        return found

    def _found(self, corpora: Sequence[Path]) -> Iterator[tuple[PassageBlock, Rows, Places]]:
        """The blocks of the collection with the rows of passages that have places, and those."""
        seen = np.zeros(len(self), dtype=bool)
        for block in _blocks(corpora):
            places = self._places_of(block.ids.to_pylist())
            rows = np.flatnonzero(places != NONE)
            here = places[rows]
            if seen[here].any() or len(np.unique(here)) < len(here):
                raise _given_twice(corpora, self._codes, self._places)
            seen[here] = True
            yield block, rows, here

    def _places_of(self, ids: list[str]) -> Places:
        codes = map(self._codes.get, ids, repeat(NONE))
        return self._places[np.fromiter(codes, dtype=np.int64, count=len(ids))]


def _blocks(corpora: Sequence[Path]) -> Iterator[PassageBlock]:
    with progress_bar("collection", unit="passage") as bar:
        for path in corpora:
            for block in read_passage_blocks(path):
                bar.update(len(block.ids))
                yield block


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
