"""The candidates of a query: what several runs rank highly, in one order."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["merged_candidates"]


def merged_candidates(
    rankings: Sequence[Sequence[str]],
    depth: int,
    skip_top: int = 0,
    known: Collection[str] = frozenset(),
) -> list[str]:
    """Unite rankings by the best rank of each passage; equal ranks keep the order of the runs.

    A passage among the first ``skip_top`` of any ranking is no candidate, even where another
    ranking has it further down: the reason for passing it over is that it may well be relevant.

    Args:
        rankings: docids of each run, best first.
        depth: hits read from each.
        skip_top: ranks of each that are passed over.
        known: passages judged not relevant, which are candidates at any rank.

    >>> merged_candidates([["a", "b", "c"], ["c", "d"]], depth=3)
    ['a', 'c', 'b', 'd']
    >>> merged_candidates([["a", "b", "c"], ["c", "d"]], depth=3, skip_top=1)
    ['b', 'd']
    >>> merged_candidates([["a", "b", "c"], ["c", "d"]], depth=3, skip_top=1, known={"a"})
    ['a', 'b', 'd']
    """
    passed_over = {docid for ranking in rankings for docid in ranking[:skip_top]}.difference(known)
    merged: dict[str, None] = {}
    for rank in range(depth):
        for ranking in rankings:
            if rank < len(ranking) and ranking[rank] not in passed_over:
                merged.setdefault(ranking[rank])
    return list(merged)
