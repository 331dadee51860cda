"""Group tokenised texts of like length into batches of a fixed number of tokens.

Padding is what makes naive encoding slow: with passages in file order, every batch is as long as
its longest text. Sorted by length, a batch is padded by next to nothing, and a budget of tokens
in place of texts keeps the work of every batch the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = ["Tokens", "pad", "token_batches", "tokenise"]


@dataclass(frozen=True)
class Tokens:
    """Tokenised texts, or pairs of texts, not padded yet.

    Attributes:
        ids: token ids, a row a text.
        types: segment ids, where the model reads them.
        truncated: how many texts were cut.
    """

    ids: list[list[int]]
    types: list[list[int]] | None
    truncated: int

    @property
    def lengths(self) -> NDArray[np.intp]:
        """Tokens in each text; shape (texts,)."""
        return np.fromiter(map(len, self.ids), dtype=np.intp, count=len(self.ids))


def tokenise(
    tokenizer: Any, texts: Sequence[str], max_length: int, pairs: Sequence[str] | None = None
) -> Tokens:
    """Tokenise all texts at once; of a pair only the second text is cut."""
    encoded = tokenizer(
        list(texts),
        None if pairs is None else list(pairs),
        truncation="longest_first" if pairs is None else "only_second",
        max_length=max_length,
        padding=False,
        return_attention_mask=False,
    )
    truncated = sum(bool(item.overflowing) for item in encoded.encodings or ())
    types = "token_type_ids" in tokenizer.model_input_names
    return Tokens(encoded["input_ids"], encoded["token_type_ids"] if types else None, truncated)


def token_batches(lengths: NDArray[np.intp], budget: int) -> Iterator[NDArray[np.intp]]:
    """Split texts into batches of at most ``budget`` tokens, padding included, longest first.

    Longest first, so that memory that does not suffice shows at once. A text longer than the budget
    makes a batch of its own.

    Args:
        lengths: tokens of each text; shape (texts,).
        budget: rows times longest row of a batch.

    Yields:
        The positions of a batch's texts; every position comes once.

    >>> [batch.tolist() for batch in token_batches(np.array([2, 9, 3, 3]), budget=6)]
    [[1], [2, 3], [0]]
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        rows = max(1, budget // max(1, int(lengths[order[start]])))
        yield order[start : start + rows]
        start += rows


def pad(
    tokens: Tokens, rows: NDArray[np.intp], tokenizer: Any, device: torch.device
) -> dict[str, torch.Tensor]:
    """Pad some texts to the longest of them and move them to the device.

    Returns:
        ``input_ids``, ``attention_mask`` and, where the model reads them, ``token_type_ids``, each
        of shape (rows, longest).
    """
    width = max(len(tokens.ids[row]) for row in rows)
    left = tokenizer.padding_side == "left"
    columns = {"input_ids": (tokens.ids, tokenizer.pad_token_id or 0)}
    if tokens.types is not None:
        columns["token_type_ids"] = (tokens.types, tokenizer.pad_token_type_id)
    features = {}
    mask = np.zeros((len(rows), width), dtype=np.int64)
    for name, (values, fill) in columns.items():
        matrix = np.full((len(rows), width), fill, dtype=np.int64)
        for place, row in enumerate(rows):
            count = len(values[row])
            span = slice(width - count, width) if left else slice(0, count)
            matrix[place, span] = values[row]
            mask[place, span] = 1
        features[name] = matrix
    features["attention_mask"] = mask
    return {
        name: torch.from_numpy(matrix).to(device, non_blocking=True)
        for name, matrix in features.items()
    }
