"""Lists are drawn as the settings say, by the seed alone, and never hold a passage twice."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.train.sampling import hard_list, scored_list

SCORES = st.lists(st.floats(-50, 50, width=32), min_size=2, max_size=12)
SAMPLINGS = st.sampled_from(["random", "top", "mixed"])
SEEDS = st.integers(0, 2**32)


@given(SCORES, st.data(), SAMPLINGS, SEEDS)
def test_a_scored_list_has_distinct_places_by_falling_score(
    values: list[float], data: st.DataObject, sampling: str, seed: int
) -> None:
    scores = np.array(values, dtype=np.float32)
    nway = data.draw(st.integers(2, len(values)))
    drawn = [
        scored_list(scores, nway, sampling, np.random.default_rng(seed))  # type: ignore[arg-type]  # drawn from the literals
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*drawn)
    assert len(set(drawn[0].tolist())) == nway
    assert (np.diff(scores[drawn[0]]) <= 0).all()
    if sampling != "random":
        assert scores[drawn[0][0]] == scores.max()
    if sampling == "top":
        assert sorted(scores[drawn[0]]) == sorted(values)[-nway:]


@given(SCORES, SAMPLINGS, SEEDS)
def test_a_list_of_all_passages_is_the_teachers_ranking(
    values: list[float], sampling: str, seed: int
) -> None:
    scores = np.array(values, dtype=np.float32)
    drawn = scored_list(scores, len(values), sampling, np.random.default_rng(seed))  # type: ignore[arg-type]  # drawn from the literals
    np.testing.assert_array_equal(drawn, np.argsort(-scores, kind="stable"))


@pytest.mark.parametrize(("sampling", "fixed"), [("random", 0), ("mixed", 1)])
def test_every_passage_is_as_likely_as_the_others(sampling: str, fixed: int) -> None:
    scores = np.arange(6, 0, -1, dtype=np.float32)
    generator = np.random.default_rng(0)
    counts: Counter[int] = Counter()
    for _ in range(3000):
        counts.update(scored_list(scores, 3, sampling, generator).tolist())  # type: ignore[arg-type]  # of the literals
    assert all(counts[place] == 3000 for place in range(fixed))
    expected = 3000 * (3 - fixed) / (6 - fixed)
    assert all(abs(counts[place] - expected) < 150 for place in range(fixed, 6))


@given(
    st.integers(1, 4),
    st.integers(1, 8),
    st.data(),
    SAMPLINGS,
    SEEDS,
)
def test_a_hard_list_is_one_positive_and_then_negatives(
    positives: int, negatives: int, data: st.DataObject, sampling: str, seed: int
) -> None:
    good = np.arange(100, 100 + positives)
    bad = np.arange(negatives)
    nway = data.draw(st.integers(2, negatives + 1))
    chosen = hard_list(good, bad, nway, sampling, np.random.default_rng(seed))  # type: ignore[arg-type]  # drawn from the literals
    assert chosen.shape == (nway,)
    assert chosen[0] in good
    rest = chosen[1:].tolist()
    assert set(rest) <= set(bad.tolist())
    assert rest == sorted(set(rest))
    if sampling == "top":
        assert rest == list(range(nway - 1))


def test_positives_and_negatives_are_drawn_evenly() -> None:
    generator = np.random.default_rng(0)
    counts: Counter[int] = Counter()
    for _ in range(3000):
        chosen = hard_list(np.array([10, 11]), np.arange(5), 3, "random", generator)
        counts.update(chosen.tolist())
    assert abs(counts[10] - 1500) < 150
    assert all(abs(counts[place] - 1200) < 150 for place in range(5))
