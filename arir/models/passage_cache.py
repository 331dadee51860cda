"""Keep the vectors of passages that were encoded, since topics share their candidates."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["PassageCache"]


class PassageCache:
    """Encodes each passage once, while there is room.

    Args:
        encode: gives an array a text.
        size: passages that are kept, the least recently used being dropped first.
    """

    def __init__(
        self, encode: Callable[[list[str]], Iterable[NDArray[np.float32]]], size: int
    ) -> None:
        self.encode = encode
        self.size = size
        self._kept: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def arrays(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """One array a text, from the cache where it is there."""
        missing = list(dict.fromkeys(text for text in texts if text not in self._kept))
        found = {text: self._kept[text] for text in texts if text in self._kept}
        if missing:
            found |= dict(zip(missing, self.encode(missing), strict=True))
        for text in dict.fromkeys(texts):
            # A copy of its own: a part would keep its whole batch in memory.
            self._kept[text] = found[text] if text in self._kept else found[text].copy()
            self._kept.move_to_end(text)
        while len(self._kept) > self.size:
            self._kept.popitem(last=False)
        return [found[text] for text in texts]
