"""Masked-LM gaps: the right share, in the right way, nowhere else."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from arir.augment.masking import IGNORED, mask_tokens

VOCABULARY = 1000
MASK = 4
#: chosen out of 200,000 tokens, a share lies within four standard deviations of what is asked
ROWS, WIDTH = 2000, 100


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_ids(rows: int = ROWS, width: int = WIDTH) -> tuple[Tensor, Tensor]:
    ids = torch.randint(5, VOCABULARY, (rows, width), generator=seeded(9))
    ids[:, 0], ids[:, -1] = 2, 3
    return ids, ids < 5


def near(share: float, expected: float, count: int) -> bool:
    return abs(share - expected) < 4 * (expected * (1 - expected) / count) ** 0.5


@pytest.mark.parametrize("p", [0.15, 0.3])
def test_shares_of_gaps_are_those_of_bert(p: float) -> None:
    ids, special = random_ids()
    inputs, labels = mask_tokens(ids, special, VOCABULARY, MASK, p, seeded())
    chosen = labels != IGNORED
    count = int((~special).sum())
    assert near(chosen.sum().item() / count, p, count)
    picked = int(chosen.sum())
    masked = chosen & (inputs == MASK)
    # a replacement is the token itself, or the mask, once in 1000
    changed = chosen & (inputs != ids) & (inputs != MASK)
    assert near(masked.sum().item() / picked, 0.8 + 0.1 / VOCABULARY, picked)
    assert near(changed.sum().item() / picked, 0.1 * (1 - 2 / VOCABULARY), picked)


def test_replacements_come_from_the_whole_vocabulary_alike() -> None:
    ids = torch.full((3000, 100), 7)
    inputs, _ = mask_tokens(ids, torch.zeros_like(ids, dtype=torch.bool), 50, 4, 1.0, seeded())
    drawn = torch.bincount(inputs[(inputs != 4) & (inputs != 7)], minlength=50)
    others = [n for n in range(50) if n not in {4, 7}]
    assert len(drawn) == 50
    assert drawn[others].min() > 0.8 * drawn[others].float().mean()
    assert drawn[others].max() < 1.2 * drawn[others].float().mean()


@given(st.integers(0, 2**31), st.floats(0, 1), st.booleans())
def test_labels_are_the_hidden_tokens_and_nothing_else_changes(
    seed: int, p: float, whole_words: bool
) -> None:
    ids, special = random_ids(5, 12)
    before = ids.clone()
    inner = torch.rand(ids.shape, generator=seeded(seed)) < 0.4 if whole_words else None
    inputs, labels = mask_tokens(ids, special, VOCABULARY, MASK, p, seeded(seed), inner)
    chosen = labels != IGNORED
    assert ids.equal(before)
    assert not (chosen & special).any()
    assert labels[chosen].equal(ids[chosen])
    assert inputs[~chosen].equal(ids[~chosen])
    assert inputs.dtype == labels.dtype == ids.dtype


def words_of(inner: list[bool], special: list[bool]) -> list[list[int]]:
    words: list[list[int]] = []
    for place, goes_on in enumerate(inner):
        if special[place]:
            words.append([])
        elif goes_on and words and words[-1]:
            words[-1].append(place)
        else:
            words.append([place])
    return [word for word in words if word]


@given(st.integers(0, 2**31))
def test_pieces_of_a_word_are_chosen_together_within_their_row_and_special_tokens(
    seed: int,
) -> None:
    ids, special = random_ids(6, 15)
    special[:, 7] = True
    inner = torch.rand(ids.shape, generator=seeded(seed)) < 0.6
    _, labels = mask_tokens(ids, special, VOCABULARY, MASK, 0.5, seeded(seed), inner)
    chosen = (labels != IGNORED).tolist()
    for row, goes_on, marks in zip(chosen, inner.tolist(), special.tolist(), strict=True):
        for word in words_of(goes_on, marks):
            assert len({row[place] for place in word}) == 1


def test_words_are_chosen_apart_from_each_other_with_the_right_share() -> None:
    """Rows and words next to a special token must not share a draw."""
    ids, special = random_ids()
    inner = torch.arange(WIDTH).remainder(3).ne(1).expand(ROWS, WIDTH)  # words of three pieces
    _, labels = mask_tokens(ids, special, VOCABULARY, MASK, 0.15, seeded(), inner)
    chosen = (labels != IGNORED)[:, 1:97].reshape(ROWS, 32, 3)
    words = chosen.all(dim=2)
    assert words.equal(chosen.any(dim=2))
    assert near(words.float().mean().item(), 0.15, words.numel())
    both = (words[:, 1:] & words[:, :-1]).float().mean().item()
    assert near(both, 0.15**2, ROWS * 31)


def test_same_generator_gives_the_same_gaps() -> None:
    ids, special = random_ids(4, 20)
    first, again, other = (
        mask_tokens(ids, special, VOCABULARY, MASK, 0.5, seeded(seed)) for seed in (1, 1, 2)
    )
    assert first[0].equal(again[0])
    assert first[1].equal(again[1])
    assert not first[1].equal(other[1])


def test_extreme_probabilities_choose_nothing_or_everything() -> None:
    ids, special = random_ids(4, 20)
    inputs, labels = mask_tokens(ids, special, VOCABULARY, MASK, 0.0, seeded())
    assert inputs.equal(ids)
    assert (labels == IGNORED).all()
    _, labels = mask_tokens(ids, special, VOCABULARY, MASK, 1.0, seeded())
    assert (labels != IGNORED).equal(~special)


def test_empty_batches_pass() -> None:
    empty = torch.empty((0, 5), dtype=torch.long)
    none = torch.empty((0, 5), dtype=torch.bool)
    inputs, labels = mask_tokens(empty, none, VOCABULARY, MASK, 0.5, seeded(), none)
    assert inputs.shape == labels.shape == (0, 5)


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_wrong_probabilities_are_refused(p: float) -> None:
    ids, special = random_ids(2, 5)
    with pytest.raises(ValueError, match="must lie in"):
        mask_tokens(ids, special, VOCABULARY, MASK, p)


def test_shapes_that_would_broadcast_are_refused() -> None:
    ids, special = random_ids(2, 5)
    with pytest.raises(ValueError, match=r"special must have the shape of the ids: \(5,\)"):
        mask_tokens(ids, special[0], VOCABULARY, MASK, 0.1)
    with pytest.raises(ValueError, match="continuations must have"):
        mask_tokens(ids, special, VOCABULARY, MASK, 0.1, None, special[:, :2])
