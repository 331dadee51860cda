"""What a training step sees: each distinct text of a batch once, in groups of like length.

Plain trainers encode query, positive and negative in three passes, a text as often as it occurs,
each padded to the longest of its column. Here a batch is its distinct texts, in passes of like
length that cost least together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from arir.models.batching import Features, Tokens, batch_budget, pad
from arir.models.token_store import TokenStore

__all__ = [
    "Group",
    "InBatchCollator",
    "ListCollator",
    "Lists",
    "Role",
    "grouped",
    "pass_batches",
    "pass_budget",
]

Role = Literal["query", "passage"]
#: one forward pass: whether it holds queries or passages, and the padded features
Group = tuple[Role, Features]

#: most tokens of a forward pass on a CPU, padding included
CPU_BUDGET = 1024
#: A pass costs this share of a budget's tokens beside its own: 64 tokens on a CPU, where 35 to 156
#: were measured (every pass adds up the gradients of the whole vocabulary), and 4,096 on a GPU,
#: which idles while small passes are launched.
OVERHEAD = 1 / 16


@dataclass(frozen=True)
class Lists:
    """N training examples: a query and n passages with a label each.

    Attributes:
        query: places among the queries, shape (N,).
        passages: places among the passages, shape (N, n); of a triple positive and negative.
        labels: what each passage's score should be, or which is relevant; shape (N, n).
    """

    query: NDArray[np.int32]
    passages: NDArray[np.int32]
    labels: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.query)


class ListCollator:
    """Turn numbers of examples into what a bi-encoder or late-interaction student encodes.

    Every distinct text is encoded once, however many examples it takes part in, and shares a
    forward pass with texts of like length, so that queries are not padded to passages.

    Args:
        lists: the examples.
        queries: the texts that ``lists.query`` numbers.
        passages: the texts that ``lists.passages`` numbers.
        tokenizer: says how to pad.
        budget: most tokens of one forward pass, padding included. It bounds the padding, not the
            memory: a step keeps the activations of all its passes.
        apart: never mix queries and passages in a pass, for models that treat them differently.
    """

    def __init__(
        self,
        lists: Lists,
        queries: TokenStore,
        passages: TokenStore,
        tokenizer: Any,
        budget: int,
        *,
        apart: bool = False,
    ) -> None:
        self.lists = lists
        self.queries = queries
        self.passages = passages
        self.tokenizer = tokenizer
        self.budget = budget
        self.apart = apart

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate B examples.

        Returns:
            ``groups``: the forward passes; ``query``, shape (B,), and ``passages``, shape (B, n):
            where each text lies among the outputs of all passes, one after the other; ``labels``:
            float32, shape (B, n).
        """
        return self._collate(rows)[0]

    def _collate(self, rows: Sequence[int]) -> tuple[dict[str, Any], _Distinct, _Distinct]:
        chosen = np.asarray(rows)
        queries = _Distinct.among(self.lists.query[chosen])
        passages = _Distinct.among(self.lists.passages[chosen])
        groups, query_places, passage_places = self._groups(queries.values, passages.values)
        batch = {
            "groups": groups,
            "query": torch.from_numpy(query_places[queries.inverse]),
            "passages": torch.from_numpy(passage_places[passages.inverse]),
            "labels": torch.from_numpy(np.array(self.lists.labels[chosen], dtype=np.float32)),
        }
        queries = replace(queries, places=query_places)
        return batch, queries, replace(passages, places=passage_places)

    def _groups(
        self, queries: NDArray[np.int64], passages: NDArray[np.int64]
    ) -> tuple[list[Group], NDArray[np.int64], NDArray[np.int64]]:
        """The forward passes, and each query's and passage's place among their outputs."""
        query_ids, passage_ids = self.queries.rows(queries), self.passages.rows(passages)
        if not self.apart:
            groups, places = grouped(query_ids + passage_ids, self.tokenizer, self.budget)
            return groups, places[: len(queries)], places[len(queries) :]
        first, query_places = grouped(query_ids, self.tokenizer, self.budget, "query")
        second, passage_places = grouped(passage_ids, self.tokenizer, self.budget)
        return [*first, *second], query_places, passage_places + len(queries)


class InBatchCollator(ListCollator):
    """A :class:`ListCollator` for losses in which all passages of a batch are candidates.

    Args:
        relevant: passages that answer a query, by its place, beside those of the batch.
    """

    def __init__(self, *args: Any, relevant: Mapping[int, frozenset[int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.relevant = relevant

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate B examples with P distinct passages.

        Returns:
            Further ``candidates``, shape (P,): where each distinct passage lies; ``positives``,
            shape (B,): the column of each query's first passage; ``false_negatives``, shape (B, P):
            True where a passage answers the query too.
        """
        batch, _, passages = self._collate(rows)
        queries = self.lists.query[np.asarray(rows)]
        positives = passages.inverse[:, 0]
        batch["candidates"] = torch.from_numpy(passages.places)
        batch["positives"] = torch.from_numpy(positives)
        batch["false_negatives"] = torch.from_numpy(
            self._false_negatives(queries, positives, passages.values)
        )
        return batch

    def _false_negatives(
        self, queries: NDArray[np.int32], positives: NDArray[np.int64], passages: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        mask = np.zeros((len(queries), len(passages)), dtype=bool)
        same = queries[:, None] == queries[None, :]
        row, other = np.nonzero(same)
        mask[row, positives[other]] = True
        for place, query in enumerate(queries.tolist()):
            known = self.relevant.get(query)
            if known:
                mask[place] |= np.isin(passages, list(known))
        mask[np.arange(len(queries)), positives] = False
        return mask


@dataclass(frozen=True)
class _Distinct:
    """Distinct texts of a batch, which of them each entry is, and where they lie."""

    values: NDArray[np.int64]
    inverse: NDArray[np.int64]
    places: NDArray[np.int64]

    @classmethod
    def among(cls, numbers: NDArray[Any]) -> _Distinct:
        values, inverse = np.unique(numbers.astype(np.int64), return_inverse=True)
        return cls(values, inverse.reshape(numbers.shape), values)


def grouped(
    ids: list[list[int]], tokenizer: Any, budget: int, role: Role = "passage"
) -> tuple[list[Group], NDArray[np.int64]]:
    """Texts in padded groups of like length, and each one's place when the groups are stacked."""
    types = "token_type_ids" in tokenizer.model_input_names
    tokens = Tokens(ids, [[0] * len(text) for text in ids] if types else None, 0)
    batches = pass_batches(tokens.lengths, budget)
    stacked = np.empty(len(ids), dtype=np.int64)
    stacked[np.concatenate(batches)] = np.arange(len(ids))
    return [(role, pad(tokens, batch, tokenizer)) for batch in batches], stacked


def pass_batches(lengths: NDArray[np.intp], budget: int) -> list[NDArray[np.intp]]:
    """Split the texts of a batch into the forward passes that cost least together.

    A pass costs its tokens, padding included, and :data:`OVERHEAD`. The cuts in the texts sorted by
    length are found by dynamic programming from the shortest text on, so that no others cost less.

    Args:
        lengths: tokens of each text; shape (texts,).
        budget: most rows times longest row of a pass; a text longer than that has its own.

    Returns:
        The positions of each pass's texts, longest first; every position comes once.

    >>> [batch.tolist() for batch in pass_batches(np.array([8, 60, 9, 64, 9]), budget=256)]
    [[3, 1], [2, 4, 0]]
    """
    order = np.argsort(-lengths, kind="stable")
    widths = np.maximum(lengths[order], 1)
    counts = np.arange(1, len(order) + 1)
    least, best = np.zeros(len(order) + 1), np.ones_like(counts)
    for start in reversed(range(len(order))):
        rows = counts[: max(1, min(budget // widths[start], len(order) - start))]
        costs = rows * widths[start] + least[start + 1 : start + 1 + len(rows)]
        best[start] = rows[costs.argmin()]
        least[start] = costs.min() + OVERHEAD * budget
    batches, start = [], 0
    while start < len(order):
        batches.append(order[start : start + best[start]])
        start += best[start]
    return batches


def pass_budget(device: torch.device) -> int:
    """Most tokens of a forward pass in training, padding included, that suit the device."""
    return batch_budget(CPU_BUDGET if device.type == "cpu" else None, device)
