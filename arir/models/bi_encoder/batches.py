"""What a training step sees: each distinct text of a batch once, in groups of like length.

Plain trainers encode query, positive and negative in three passes, a text as often as it occurs,
each padded to the longest of its column. Here a batch is its distinct texts, sorted by length.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from arir.models.batching import Features, Tokens, batch_budget, pad, token_batches, tokenise

__all__ = ["TokenisedTexts", "TripletCollator", "pass_budget", "tokenise_texts"]

#: tokens of a forward pass on a CPU: a micro-batch has few texts, so that larger passes mix lengths
CPU_BUDGET = 1024

#: texts tokenised at a time
CHUNK = 4096


@dataclass(frozen=True)
class TokenisedTexts:
    """Token ids of many texts end to end, which takes less memory than the Arabic text itself.

    Attributes:
        tokens: the ids of all texts, special tokens included; shape (T,).
        offsets: shape (N + 1,); text ``i`` is ``tokens[offsets[i]:offsets[i + 1]]``.
    """

    tokens: NDArray[np.int32]
    offsets: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def rows(self, places: Iterable[int]) -> list[list[int]]:
        """The token ids of some texts."""
        bounds = ((self.offsets[place], self.offsets[place + 1]) for place in places)
        return [self.tokens[start:stop].tolist() for start, stop in bounds]


def tokenise_texts(tokenizer: Any, texts: Iterable[str], max_length: int) -> TokenisedTexts:
    """Tokenise texts, each once for the whole training, and cut them to ``max_length`` tokens."""
    parts: list[NDArray[np.int32]] = [np.empty(0, dtype=np.int32)]
    lengths: list[int] = [0]
    for chunk in _chunks(texts):
        tokens = tokenise(tokenizer, chunk, max_length)
        parts += [np.array(ids, dtype=np.int32) for ids in tokens.ids]
        lengths += map(len, tokens.ids)
    return TokenisedTexts(np.concatenate(parts), np.cumsum(lengths, dtype=np.int64))


def _chunks(texts: Iterable[str]) -> Iterator[list[str]]:
    remaining = iter(texts)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


class TripletCollator:
    """Turn rows of (query, positive, negative, label) into what the student encodes in a step.

    Every distinct text is encoded once, however many triples it takes part in, and shares a forward
    pass with texts of like length, so that queries are not padded to passages.

    Args:
        queries: the texts that a row's ``query`` numbers.
        passages: the texts that a row's ``positive`` and ``negative`` number.
        tokenizer: says how to pad.
        budget: most tokens of one forward pass, padding included. It bounds the padding, not the
            memory: a step keeps the activations of all its passes.
    """

    #: sentence-transformers' trainer asks its collator for these
    valid_label_columns: Sequence[str] = ("label",)

    def __init__(
        self, queries: TokenisedTexts, passages: TokenisedTexts, tokenizer: Any, budget: int
    ) -> None:
        self.queries = queries
        self.passages = passages
        self.tokenizer = tokenizer
        self.budget = budget

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Collate B rows.

        Returns:
            ``groups``: the padded features of each forward pass; ``places``: integers of shape
            (B, 3), where query, positive and negative of each triple lie among the vectors of all
            passes, one pass after the other; ``label``: the margins, float32, shape (B,).
        """
        queries, query_places = _distinct([row["query"] for row in rows])
        sides = [row["positive"] for row in rows] + [row["negative"] for row in rows]
        passages, passage_places = _distinct(sides)
        ids = self.queries.rows(queries) + self.passages.rows(passages)
        groups, stacked = self._groups(ids)
        positive, negative = stacked[len(queries) + passage_places].reshape(2, -1)
        places = np.stack([stacked[query_places], positive, negative], axis=1)
        return {
            "groups": groups,
            "places": torch.from_numpy(places),
            "label": torch.tensor([row["label"] for row in rows], dtype=torch.float32),
        }

    def _groups(self, ids: list[list[int]]) -> tuple[list[Features], NDArray[np.int64]]:
        """The texts in padded groups, and each one's place when the groups are stacked."""
        types = "token_type_ids" in self.tokenizer.model_input_names
        tokens = Tokens(ids, [[0] * len(text) for text in ids] if types else None, 0)
        batches = list(token_batches(tokens.lengths, self.budget))
        stacked = np.empty(len(ids), dtype=np.int64)
        stacked[np.concatenate(batches)] = np.arange(len(ids))
        return [pad(tokens, batch, self.tokenizer) for batch in batches], stacked


def pass_budget(device: torch.device) -> int:
    """Most tokens of a forward pass in training, padding included, that suit the device."""
    return batch_budget(CPU_BUDGET if device.type == "cpu" else None, device)


def _distinct(places: list[int]) -> tuple[list[int], NDArray[np.int64]]:
    values, inverse = np.unique(np.array(places, dtype=np.int64), return_inverse=True)
    return values.tolist(), inverse.reshape(-1)
