"""The passes of a training batch hold every text once, keep to the budget, and cost least."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from arir.models.batches import OVERHEAD, pass_batches
from arir.models.batching import token_batches

LENGTHS = st.lists(st.integers(0, 50), min_size=1, max_size=40)


def cost(sizes: NDArray[np.intp], batches: list[NDArray[np.intp]], budget: int) -> float:
    tokens = sum(len(batch) * max(1, sizes[batch].max()) for batch in batches)
    return float(tokens + OVERHEAD * budget * len(batches))


@given(LENGTHS, st.integers(1, 400))
def test_every_text_comes_once_and_within_the_budget(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths, dtype=np.intp)
    batches = pass_batches(sizes, budget)
    places = np.concatenate(batches)
    assert sorted(places) == list(range(len(lengths)))
    assert sizes[places].tolist() == sorted(lengths, reverse=True)
    assert all(len(batch) == 1 or len(batch) * sizes[batch].max() <= budget for batch in batches)


@given(LENGTHS, st.integers(50, 400))
def test_passes_never_cost_more_than_filled_ones(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths, dtype=np.intp)
    filled = list(token_batches(sizes, budget))
    assert cost(sizes, pass_batches(sizes, budget), budget) <= cost(sizes, filled, budget)


@given(st.lists(st.integers(1, 60), min_size=1, max_size=7))
def test_no_other_cuts_cost_less(lengths: list[int]) -> None:
    budget = 1000
    sizes = np.sort(np.array(lengths, dtype=np.intp))[::-1]
    inner = range(1, len(sizes))
    every = (
        [np.arange(*ends) for ends in pairwise((0, *cuts, len(sizes)))]
        for count in range(len(sizes))
        for cuts in combinations(inner, count)
    )
    least = min(cost(sizes, batches, budget) for batches in every)
    assert cost(sizes, pass_batches(sizes, budget), budget) == least


def test_a_large_budget_does_not_pad_queries_to_passages() -> None:
    sizes = np.array([8] * 64 + [200] * 128, dtype=np.intp)
    lengths = {int(sizes[batch].max()) for batch in pass_batches(sizes, 65_536)}
    assert lengths == {8, 200}
