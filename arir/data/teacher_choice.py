"""Which rows of a teacher file are taken, decided as they come: the first ones, or a sample."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["FirstRows", "RowChoice", "SampledRows"]

Mask = NDArray[np.bool_]
#: rows that a sample is drawn from at a time, whatever blocks the file is read in
CHUNK = 1 << 16


class RowChoice(Protocol):
    """Says of the next rows which are taken."""

    @property
    def done(self) -> bool:
        """Whether no further row will be taken."""

    def take(self, rows: int) -> Mask:
        """Which of the next rows are taken, shape (rows,)."""


class FirstRows:
    """The first rows, or all.

    >>> choice = FirstRows(3)
    >>> choice.take(2).tolist(), choice.take(2).tolist(), choice.done
    ([True, True], [True, False], True)
    """

    def __init__(self, limit: int | None = None) -> None:
        self._left = limit

    @property
    def done(self) -> bool:
        """Whether the limit is reached."""
        return self._left == 0

    def take(self, rows: int) -> Mask:
        """Which of the next rows are taken, shape (rows,)."""
        if self._left is None:
            return np.ones(rows, dtype=bool)
        taken = np.arange(rows) < self._left
        self._left -= int(taken.sum())
        return taken


class SampledRows:
    """A uniform sample without replacement, in file order, in memory that no row adds to.

    How many of the next chunk of rows belong to the sample is hypergeometric, given how many rows
    and how many places are left; which of them do is uniform. So every sample of that size is as
    likely as any other, and the seed, the size and the number of rows determine it.

    Args:
        size: of the sample; all rows if there are not so many.
        rows: that will come.
        seed: of the draw.

    >>> int(SampledRows(3, rows=10, seed=0).take(10).sum())
    3
    """

    def __init__(self, size: int, *, rows: int, seed: int) -> None:
        self._left = min(size, rows)
        self._rows = rows
        self._draw = np.random.default_rng(seed)
        self._ahead: Mask = np.zeros(0, dtype=bool)

    @property
    def done(self) -> bool:
        """Whether the sample is complete."""
        return not self._left and not self._ahead.any()

    def take(self, rows: int) -> Mask:
        """Which of the next rows are taken, shape (rows,)."""
        chunks = [self._ahead]
        while sum(map(len, chunks)) < rows:
            chunks.append(self._chunk())
        drawn = np.concatenate(chunks)
        self._ahead = drawn[rows:]
        return drawn[:rows]

    def _chunk(self) -> Mask:
        size = min(CHUNK, self._rows)
        taken = np.zeros(CHUNK, dtype=bool)
        if self._left:
            count = int(self._draw.hypergeometric(size, self._rows - size, self._left))
            taken[self._draw.permutation(size)[:count]] = True
            self._left -= count
        self._rows -= size
        return taken
