"""What a training step on bitext sees: sentences, their translations, and the teacher's vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from arir.models.batches import grouped
from arir.models.token_store import TokenStore

if TYPE_CHECKING:
    from arir.train.teacher_vectors import TeacherTokens

__all__ = ["BitextCollator"]


class BitextCollator:
    """Turn numbers of pairs into what a student encodes, beside what the teacher gave.

    Args:
        sources: the distinct English sentences.
        targets: the distinct translations.
        source: place of each pair's English sentence, shape (N,).
        target: place of each pair's translation, shape (N,).
        tokenizer: the student's.
        budget: most tokens of one forward pass.
        with_source: the student reads the English side too.
        vectors: each teacher's vectors of the distinct English sentences, shapes (S, D_k).
        tokens: the teacher's token vectors of them.
    """

    def __init__(
        self,
        sources: TokenStore,
        targets: TokenStore,
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        tokenizer: Any,
        budget: int,
        *,
        with_source: bool,
        vectors: Sequence[NDArray[np.float32]] = (),
        tokens: TeacherTokens | None = None,
    ) -> None:
        self.sources = sources
        self.targets = targets
        self.source = source
        self.target = target
        self.tokenizer = tokenizer
        self.budget = budget
        self.with_source = with_source
        self.vectors = vectors
        self.tokens = tokens

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate B pairs.

        Returns:
            ``groups``: the forward passes; ``target`` and, where the student reads it, ``source``,
            shape (B,): where each sentence lies among their outputs; ``false_negatives``, shape
            (B, B): True where two pairs share a sentence; ``teachers``: tensors of shape (B, D_k);
            ``tokens``: the teacher's token vectors, mask and ids.
        """
        chosen = np.asarray(rows)
        source, target = self.source[chosen], self.target[chosen]
        targets, target_inverse = np.unique(target, return_inverse=True)
        ids = self.targets.rows(targets)
        batch: dict[str, Any] = {"false_negatives": _sharing(source, target)}
        if self.with_source:
            sources, source_inverse = np.unique(source, return_inverse=True)
            ids += self.sources.rows(sources)
        batch["groups"], places = grouped(ids, self.tokenizer, self.budget, "query")
        batch["target"] = torch.from_numpy(places[target_inverse])
        if self.with_source:
            batch["source"] = torch.from_numpy(places[len(targets) + source_inverse])
        batch["teachers"] = [torch.from_numpy(vectors[source]) for vectors in self.vectors]
        if self.tokens is not None:
            batch["tokens"] = self.tokens.rows(source)
        return batch


def _sharing(source: NDArray[np.int64], target: NDArray[np.int64]) -> torch.Tensor:
    same = (source[:, None] == source) | (target[:, None] == target)
    np.fill_diagonal(same, False)
    return torch.from_numpy(same)
