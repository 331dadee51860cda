"""Run a model over texts in batches of like length and a fixed number of tokens.

Padding is what makes naive encoding slow: with passages in file order, every batch is as long as
its longest text. Sorted by length, a batch is padded by next to nothing, and a budget of tokens
in place of texts keeps the work of every batch the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

__all__ = [
    "Features",
    "Tokens",
    "batch_budget",
    "pad",
    "padded_batches",
    "run_batches",
    "token_batches",
    "tokenise",
]

#: what a model reads: ``input_ids``, ``attention_mask`` ..., each of shape (rows, longest)
Features = dict[str, torch.Tensor]
#: tokens of a batch, padding included: what fits a CPU's caches, and what keeps a GPU busy
CPU_BUDGET = 2_048
GPU_BUDGET = 65_536


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


def batch_budget(wish: int | None, device: torch.device) -> int:
    """Tokens of a batch: the wish, or what suits the device."""
    return wish or (CPU_BUDGET if device.type == "cpu" else GPU_BUDGET)


def tokenise(
    tokenizer: Any,
    texts: Sequence[str],
    max_length: int,
    seconds: Sequence[str] | None = None,
    *,
    special: bool = True,
) -> Tokens:
    """Tokenise all texts at once, with special tokens or without.

    Of a pair only the second text is cut.
    """
    encoded = tokenizer(
        list(texts),
        None if seconds is None else list(seconds),
        truncation="longest_first" if seconds is None else "only_second",
        max_length=max_length,
        padding=False,
        add_special_tokens=special,
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


def pad(tokens: Tokens, rows: NDArray[np.intp], tokenizer: Any) -> Features:
    """Pad some texts to the longest of them, on the side that the tokeniser pads.

    Returns:
        ``input_ids``, ``attention_mask`` and, where the model reads them, ``token_type_ids``.
    """
    lengths = tokens.lengths[rows]
    # A tokeniser without special tokens makes no token of an empty text.
    width = max(1, int(lengths.max()))
    columns = np.arange(width)
    left = tokenizer.padding_side == "left"
    mask = columns >= width - lengths[:, None] if left else columns < lengths[:, None]
    features = {"input_ids": _filled(tokens.ids, rows, mask, tokenizer.pad_token_id or 0)}
    if tokens.types is not None:
        features["token_type_ids"] = _filled(tokens.types, rows, mask, tokenizer.pad_token_type_id)
    return {**features, "attention_mask": torch.from_numpy(mask.astype(np.int64))}


def _filled(
    values: list[list[int]], rows: NDArray[np.intp], mask: NDArray[np.bool_], fill: int
) -> torch.Tensor:
    matrix = np.full(mask.shape, fill, dtype=np.int64)
    # A mask is filled row by row, so the texts' tokens only have to follow each other.
    matrix[mask] = np.concatenate([values[row] for row in rows])
    return torch.from_numpy(matrix)


def padded_batches(
    tokens: Tokens, tokenizer: Any, device: torch.device, budget: int
) -> Iterator[tuple[NDArray[np.intp], Features]]:
    """The batches of :func:`token_batches`, padded and on the device.

    Yields:
        The positions of a batch's texts, and what the model reads of them, in that order.
    """
    for rows in token_batches(tokens.lengths, budget):
        features = pad(tokens, rows, tokenizer)
        yield rows, {name: values.to(device) for name, values in features.items()}


@torch.inference_mode()
def run_batches(
    tokens: Tokens,
    tokenizer: Any,
    device: torch.device,
    budget: int,
    forward: Callable[[Features], torch.Tensor],
) -> NDArray[np.float32]:
    """Run ``forward`` over all batches and give its rows back in the order of the texts.

    Args:
        forward: takes padded features on the device; gives a tensor with a row a text.

    Returns:
        Single-precision results; shape (texts, ...).
    """
    batches, parts = [], []
    for rows, features in padded_batches(tokens, tokenizer, device, budget):
        batches.append(rows)
        parts.append(forward(features).float())
    # One transfer at the end: asking for each part would make a GPU wait for the CPU.
    gathered = torch.cat(parts).cpu().numpy()
    results: NDArray[np.float32] = np.empty_like(gathered)
    results[np.concatenate(batches)] = gathered
    return results
