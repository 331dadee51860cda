"""Batches in which queries of one article meet, so that its other passages are their negatives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arir.split.windows import document_id

__all__ = ["GroupCollator", "article_groups"]

Collator = Callable[[Sequence[int]], dict[str, Any]]


def article_groups(passages: Sequence[str], size: int, seed: int) -> list[NDArray[np.int64]]:
    """Put examples into groups of ``size`` whose passages are of one article, as far as it goes.

    The article of a passage is what stands before the last ``#`` of its id, or the whole id. Within
    an article, examples of different passages come together first: the same passage twice
    gives no negative. What an article has beyond whole groups is mixed with that of the others.

    Args:
        passages: the id of each example's relevant passage.
        size: examples of a group; only the last group may have fewer.
        seed: of the order in which an article's examples are taken.

    Returns:
        The numbers of each group's examples; every number comes once.

    >>> ids = ["1#0", "2#0", "1#0", "1#1", "2#1"]
    >>> sorted(sorted(ids[i] for i in group) for group in article_groups(ids, 2, seed=0))
    [['1#0'], ['1#0', '1#1'], ['2#0', '2#1']]
    """
    generator = np.random.default_rng(seed)
    articles: dict[str, list[int]] = {}
    for number in generator.permutation(len(passages)).tolist():
        articles.setdefault(document_id(passages[number]), []).append(number)
    whole: list[list[int]] = []
    rest: list[int] = []
    for numbers in articles.values():
        ordered = _different_first(numbers, passages)
        cut = len(ordered) - len(ordered) % size
        whole += [ordered[at : at + size] for at in range(0, cut, size)]
        rest += ordered[cut:]
    rest = [rest[at] for at in generator.permutation(len(rest))]
    whole += [rest[at : at + size] for at in range(0, len(rest), size)]
    return [np.array(group, np.int64) for group in whole]


def _different_first(numbers: list[int], passages: Sequence[str]) -> list[int]:
    """One example of each passage, then a second one of each, and so on."""
    seen: dict[str, int] = {}
    turns = []
    for number in numbers:
        turns.append(seen.get(passages[number], 0))
        seen[passages[number]] = turns[-1] + 1
    return [numbers[at] for at in np.argsort(turns, kind="stable")]


class GroupCollator:
    """Turn numbers of groups into the batch of all their examples.

    Args:
        collator: of examples.
        groups: the numbers of each group's examples.
    """

    def __init__(self, collator: Collator, groups: Sequence[NDArray[np.int64]]) -> None:
        self.collator = collator
        self.groups = groups

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        """Collate the examples of B groups."""
        return self.collator(np.concatenate([self.groups[row] for row in rows]).tolist())
