"""Token ids of many texts end to end, in memory or in a file.

Tokens take less room than the Arabic text itself, and a text is tokenised once for all of a
training.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice, pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.data.flat_file import FlatFile
from arir.models.batching import Tokens, tokenise

__all__ = ["TokenStore", "tokenise_texts"]

#: texts tokenised at a time
CHUNK = 4096

#: ids of a vocabulary of up to 65,536 pieces take two bytes
TokenIds = NDArray[np.uint16] | NDArray[np.int32]


@dataclass(frozen=True)
class TokenStore:
    """Token ids of N texts.

    Attributes:
        tokens: the ids of all texts, special tokens included, shape (T,); a read-only memory map
            where they lie in a file.
        offsets: shape (N + 1,); text ``i`` is ``tokens[offsets[i]:offsets[i + 1]]``.
        truncated: how many texts were cut.
    """

    tokens: TokenIds
    offsets: NDArray[np.int64]
    truncated: int = 0

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Tokens in each text, shape (N,)."""
        return np.diff(self.offsets)

    def rows(self, places: Iterable[int]) -> list[list[int]]:
        """The token ids of some texts.

        >>> store = TokenStore(np.array([5, 6, 7], np.uint16), np.array([0, 2, 2, 3]))
        >>> store.rows([2, 0, 1])
        [[7], [5, 6], []]
        """
        wanted = np.fromiter(places, dtype=np.int64)
        starts, lengths = self.offsets[wanted], self.lengths_of(wanted)
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        flat = np.arange(bounds[-1]) + np.repeat(starts - bounds[:-1], lengths)
        ids: list[int] = self.tokens[flat].tolist()
        return [ids[start:stop] for start, stop in pairwise(bounds.tolist())]

    def lengths_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Tokens in some texts, shape (places,)."""
        return self.offsets[places + 1] - self.offsets[places]


def tokenise_texts(
    tokenizer: Any,
    texts: Iterable[str],
    max_length: int,
    folder: Path | None = None,
    name: str = "texts",
    *,
    special: bool = True,
) -> TokenStore:
    """Tokenise texts as they come, and cut them to ``max_length`` tokens.

    Args:
        tokenizer: of transformers.
        texts: consumed once.
        max_length: special tokens included.
        folder: where the tokens go, in a file; without it they stay in memory.
        name: of the file, which has to stay as long as the store is used.
        special: add special tokens; texts that will be joined to pairs have none.

    Raises:
        OutputError: where the file cannot be written.
    """
    dtype = np.dtype(np.uint16 if len(tokenizer) <= 1 << 16 else np.int32)
    chunks = _Chunks(tokenizer, texts, max_length, special)
    if folder is None:
        parts = [_flat(tokens, dtype) for tokens in chunks]
        gathered = np.concatenate([np.empty(0, dtype=dtype), *parts])
        return TokenStore(gathered, chunks.offsets(), chunks.truncated)
    file = FlatFile(folder / f"{name}.tokens", dtype)
    with closing(file):
        for tokens in chunks:
            file.append(_flat(tokens, dtype))
    return TokenStore(file.mapped(), chunks.offsets(), chunks.truncated)


class _Chunks:
    """Tokenises chunks of texts, and keeps what a store says of them."""

    def __init__(
        self, tokenizer: Any, texts: Iterable[str], max_length: int, special: bool
    ) -> None:
        self._tokenizer = tokenizer
        self._texts = iter(texts)
        self._max_length = max_length
        self._special = special
        self._lengths: list[NDArray[np.intp]] = []
        self.truncated = 0

    def __iter__(self) -> Iterator[Tokens]:
        while chunk := list(islice(self._texts, CHUNK)):
            tokens = tokenise(self._tokenizer, chunk, self._max_length, special=self._special)
            self._lengths.append(tokens.lengths)
            self.truncated += tokens.truncated
            yield tokens

    def offsets(self) -> NDArray[np.int64]:
        """Where each text begins, and the last ends."""
        return np.cumsum(np.concatenate([[0], *self._lengths]), dtype=np.int64)


def _flat(tokens: Tokens, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.fromiter(chain.from_iterable(tokens.ids), dtype=dtype, count=tokens.lengths.sum())
