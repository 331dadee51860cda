"""Texts of different widths put together, and queries trimmed: no score changes."""

from __future__ import annotations

import torch

from arir.losses.maxsim import maxsim
from arir.models.padding import stacked, without_padding


def drawn(texts: int, width: int, real: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(texts * width)
    mask = torch.zeros(texts, width, dtype=torch.bool)
    mask[:, :real] = True
    return torch.randn(texts, width, 4, generator=generator), mask


def test_passes_of_different_widths_are_padded_with_what_does_not_count() -> None:
    (short, few), (long, many) = drawn(2, 3, 2), drawn(1, 5, 5)
    vectors, mask = stacked([(short, few), (long, many)])
    assert torch.equal(vectors[:2, :3], short)
    assert torch.equal(vectors[2:], long)
    assert mask.tolist() == [[True, True, False, False, False]] * 2 + [[True] * 5]


def test_trimmed_queries_score_as_padded_ones() -> None:
    (queries, real), (passages, read) = drawn(3, 9, 4), drawn(2, 6, 6)
    trimmed, kept = without_padding(queries, real)
    assert trimmed.shape == (3, 4, 4)
    scores = maxsim(queries, passages, real, read)
    assert torch.allclose(maxsim(trimmed, passages, kept, read), scores, rtol=1e-6)


def test_masked_tokens_before_the_last_that_counts_stay() -> None:
    mask = torch.tensor([[True, False, True, False]])
    vectors, kept = without_padding(torch.ones(1, 4, 2), mask)
    assert vectors.shape == (1, 3, 2)
    assert kept.tolist() == [[True, False, True]]


def test_texts_without_a_token_that_counts_keep_one_column() -> None:
    vectors, kept = without_padding(torch.ones(2, 4, 2), torch.zeros(2, 4, dtype=torch.bool))
    assert vectors.shape == (2, 1, 2)
    assert not kept.any()
