"""64-bit keys of ids, to find equal ones among millions: equal ids have equal keys.

Two different ids may share a key (once in 10^19), so who finds equal keys compares the ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from arir.data.arrow import offsets_of

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Keys", "id_keys", "mixed"]

Keys = NDArray[np.uint64]

#: 2^64 over the golden ratio, and the shifts of a 64-bit finaliser (Steele et al., OOPSLA 2014)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST, SECOND = np.uint64(30), np.uint64(27)
WORD = 8


def mixed(values: Keys) -> Keys:
    """Spread 64-bit values over the whole range, one to one.

    >>> bool(mixed(np.array([1], np.uint64))[0] == mixed(np.array([2], np.uint64))[0])
    False
    """
    spread = values * GOLDEN
    spread ^= spread >> FIRST
    spread *= GOLDEN
    spread ^= spread >> SECOND
    return spread


def id_keys(ids: pa.StringArray) -> Keys:
    """The keys of an array of ids, shape (N,).

    >>> from arir.data.arrow import as_strings
    >>> keys = id_keys(as_strings(["7", "007", "وثيقة-طويلة", "7"]))
    >>> bool(keys[0] == keys[3]), len(set(keys.tolist()))
    (True, 3)
    """
    if len(ids) == 0:
        return np.zeros(0, dtype=np.uint64)
    starts, lengths, words = _words(ids)
    keys = mixed(lengths.astype(np.uint64))
    rows = np.arange(len(ids))
    # The n-th round takes bytes 8n to 8n + 7 of the ids that are so long; most have one round.
    for done in range(0, int(lengths.max()), WORD):
        if done > 0:
            rows = rows[lengths[rows] > done]
        left = np.minimum(lengths[rows] - done, WORD)
        kept = words[starts[rows] + done] << ((WORD - left) * 8).astype(np.uint64)
        keys[rows] = mixed(keys[rows] ^ kept)
    return keys


def _words(ids: pa.StringArray) -> tuple[NDArray[np.int64], NDArray[np.int64], Keys]:
    """Starts and lengths of the ids in bytes, and the 8 bytes at each byte of the text."""
    text = ids.buffers()[2]
    bounds: NDArray[np.int64] = offsets_of(ids).astype(np.int64)
    first, last = int(bounds[0]), int(bounds[-1])
    padded = np.zeros(last - first + WORD, dtype=np.uint8)
    if last > first:
        padded[: last - first] = np.frombuffer(text, np.uint8, last - first, offset=first)
    words: Keys = np.ndarray((last - first + 1,), "<u8", buffer=padded.data, strides=(1,))
    return bounds[:-1] - first, np.diff(bounds), words
