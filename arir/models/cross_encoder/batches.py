"""What a cross-encoder's training step sees: pairs of like length, made of stored token ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from arir.models.batches import Lists, pass_batches
from arir.models.batching import Tokens, pad
from arir.models.token_store import TokenStore

__all__ = ["PairCollator", "PairForm"]

#: marks a token of the first and of the second text while the form is learned
FIRST, SECOND = "a", "b"


@dataclass(frozen=True)
class PairForm:
    """How a tokeniser joins two texts, so that each text is tokenised once and not for every pair.

    Attributes:
        before: special tokens before the first text.
        between: those between the texts.
        after: those after the second.
        types: the segment ids of the five parts: before, first, between, second, after.
    """

    before: tuple[int, ...]
    between: tuple[int, ...]
    after: tuple[int, ...]
    types: tuple[int, ...] | None

    @classmethod
    def of(cls, tokenizer: Any) -> PairForm:
        """Learn the form from what the tokeniser makes of two one-letter texts."""
        first, second = (
            tokenizer(text, add_special_tokens=False)["input_ids"] for text in (FIRST, SECOND)
        )
        joined = tokenizer(FIRST, SECOND, return_token_type_ids=True)
        ids, sources = joined["input_ids"], joined.sequence_ids()
        start, end = sources.index(0), sources.index(1)
        stop, last = start + len(first), end + len(second)
        types = None
        if "token_type_ids" in tokenizer.model_input_names:
            kinds = joined["token_type_ids"]
            types = (kinds[0], kinds[start], kinds[stop], kinds[end], kinds[-1])
        return cls(tuple(ids[:start]), tuple(ids[stop:end]), tuple(ids[last:]), types)

    @property
    def special(self) -> int:
        """How many special tokens a pair has."""
        return len(self.before) + len(self.between) + len(self.after)

    def join(self, first: list[int], second: list[int], length: int) -> tuple[list[int], list[int]]:
        """A pair's token and segment ids, at most ``length``: the second text is cut.

        Of the first text no more than half of the length is kept, as the reranker does.
        """
        first = first[: length // 2]
        second = second[: max(0, length - self.special - len(first))]
        parts = (self.before, first, self.between, second, self.after)
        ids = [token for part in parts for token in part]
        kinds = self.types or (0,) * len(parts)
        types = [kind for kind, part in zip(kinds, parts, strict=True) for _ in part]
        return ids, types


class PairCollator:
    """Turn numbers of examples into the pairs that a cross-encoder reads.

    Args:
        lists: the examples.
        queries: the texts that ``lists.query`` numbers, without special tokens.
        passages: the texts that ``lists.passages`` numbers, likewise.
        tokenizer: says how to join and pad.
        length: most tokens of a pair.
        budget: most tokens of one forward pass, padding included.
    """

    def __init__(
        self,
        lists: Lists,
        queries: TokenStore,
        passages: TokenStore,
        tokenizer: Any,
        length: int,
        budget: int,
    ) -> None:
        self.lists = lists
        self.queries = queries
        self.passages = passages
        self.tokenizer = tokenizer
        self.form = PairForm.of(tokenizer)
        self.length = length
        self.budget = budget

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate B examples.

        Returns:
            ``groups``: the padded features of each forward pass; ``pairs``, shape (B, n): where
            each pair lies among their outputs; ``labels``: float32, shape (B, n).
        """
        chosen = np.asarray(rows)
        passages = self.lists.passages[chosen]
        first = self.queries.rows(np.repeat(self.lists.query[chosen], passages.shape[1]))
        second = self.passages.rows(passages.reshape(-1))
        joined = [self.form.join(q, p, self.length) for q, p in zip(first, second, strict=True)]
        types = [kinds for _, kinds in joined] if self.form.types else None
        tokens = Tokens([ids for ids, _ in joined], types, 0)
        batches = pass_batches(tokens.lengths, self.budget)
        places = np.empty(len(joined), dtype=np.int64)
        places[np.concatenate(batches)] = np.arange(len(joined))
        return {
            "groups": [pad(tokens, batch, self.tokenizer) for batch in batches],
            "pairs": torch.from_numpy(places.reshape(passages.shape)),
            "labels": torch.from_numpy(np.array(self.lists.labels[chosen], dtype=np.float32)),
        }
