from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.listwise_kl import listwise_kl
from arir.losses.maxsim import maxsim, maxsim_nway, maxsim_paired
from tests.losses.helpers import assert_same_value_and_gradient, lengths_mask, random

QUERY_LENGTHS, PASSAGE_LENGTHS = [3, 1, 2], [5, 2, 4, 1]


@pytest.fixture
def masks() -> tuple[Tensor, Tensor]:
    return lengths_mask(QUERY_LENGTHS, 3), lengths_mask(PASSAGE_LENGTHS, 5)


def loop(queries: Tensor, passages: Tensor) -> Tensor:
    """The definition, on token vectors without padding."""
    return torch.stack([torch.stack([q @ d for d in passages]).max() for q in queries]).sum()


def test_it_equals_the_definition(masks: tuple[Tensor, Tensor]) -> None:
    queries, passages = random(3, 3, 8), random(4, 5, 8, seed=1)
    scores = maxsim(queries, passages, *masks)
    for i, query_length in enumerate(QUERY_LENGTHS):
        for j, passage_length in enumerate(PASSAGE_LENGTHS):
            expected = loop(queries[i, :query_length], passages[j, :passage_length])
            torch.testing.assert_close(scores[i, j], expected)


def test_every_pair_equals_sentence_transformers(masks: tuple[Tensor, Tensor]) -> None:
    theirs = pytest.importorskip("sentence_transformers.multi_vector_encoder.scoring")
    assert_same_value_and_gradient(
        lambda q, d: maxsim(q, d, *masks).square(),
        lambda q, d: theirs.colbert_scores(q, d[:, None], *(masks[0], masks[1][:, None])).square(),
        random(3, 3, 8),
        random(4, 5, 8, seed=1),
    )


def test_paired_scores_equal_sentence_transformers(masks: tuple[Tensor, Tensor]) -> None:
    theirs = pytest.importorskip("sentence_transformers.multi_vector_encoder.scoring")
    query_mask, passage_mask = masks[0], masks[1][:3]
    assert_same_value_and_gradient(
        lambda q, d: maxsim_paired(q, d, query_mask, passage_mask),
        lambda q, d: theirs.colbert_scores_pairwise(q, d, query_mask, passage_mask),
        random(3, 3, 8),
        random(3, 5, 8, seed=1),
    )


def test_candidate_lists_equal_sentence_transformers(masks: tuple[Tensor, Tensor]) -> None:
    theirs = pytest.importorskip("sentence_transformers.multi_vector_encoder.scoring")
    passage_mask = lengths_mask([5, 2, 4, 1, 3, 5], 5).view(3, 2, 5)
    assert_same_value_and_gradient(
        lambda q, d: maxsim_nway(q, d, masks[0], passage_mask).square(),
        lambda q, d: theirs.colbert_kd_scores(q, d, masks[0], passage_mask).square(),
        random(3, 3, 8),
        random(3, 2, 5, 8, seed=1),
    )


def test_the_three_forms_agree(masks: tuple[Tensor, Tensor]) -> None:
    queries, passages = random(3, 3, 8), random(4, 5, 8, seed=1)
    every = maxsim(queries, passages, *masks)
    lists = passages.expand(3, 4, 5, 8)
    nway = maxsim_nway(queries, lists, masks[0], masks[1].expand(3, 4, 5))
    paired = maxsim_paired(queries, passages[:3], masks[0], masks[1][:3])
    torch.testing.assert_close(nway, every)
    torch.testing.assert_close(paired, every[:, :3].diagonal())


def test_the_gradient_is_that_of_finite_differences(masks: tuple[Tensor, Tensor]) -> None:
    queries = random(3, 3, 4, dtype=torch.float64).requires_grad_()
    passages = random(4, 5, 4, seed=1, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(lambda q, d: maxsim(q, d, *masks), (queries, passages))


@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 99))
def test_padding_changes_no_score(query_padding: int, passage_padding: int, seed: int) -> None:
    queries, passages = random(2, 3, 4, seed=seed), random(3, 3, 4, seed=seed + 1)
    wider_queries = torch.cat([queries, 9 * random(2, query_padding, 4, seed=seed + 2)], dim=1)
    wider = torch.cat([passages, 9 * random(3, passage_padding, 4, seed=seed + 3)], dim=1)
    scores = maxsim(
        wider_queries,
        wider,
        lengths_mask([3, 3], 3 + query_padding),
        lengths_mask([3, 3, 3], 3 + passage_padding),
    )
    torch.testing.assert_close(scores, maxsim(queries, passages))


def test_padding_does_not_beat_a_negative_product() -> None:
    queries, passages = torch.tensor([[[1.0]]]), torch.tensor([[[-2.0], [0.0]]])
    mask = torch.tensor([[True, False]])
    assert maxsim(queries, passages, passage_mask=mask).item() == -2
    by_multiplication = (queries @ passages.transpose(1, 2) * mask).amax(-1).sum()
    assert by_multiplication == 0  # what masking with zero would have scored


def test_the_order_of_tokens_and_passages_changes_nothing(masks: tuple[Tensor, Tensor]) -> None:
    queries, passages = random(3, 3, 8), random(4, 5, 8, seed=1)
    scores = maxsim(queries, passages, *masks)
    turned = maxsim(queries.flip(1), passages.flip(0, 1), masks[0].flip(1), masks[1].flip(0, 1))
    torch.testing.assert_close(turned, scores.flip(1))


@pytest.mark.parametrize("chunk_elements", [1, 16, 30, 47, 60, 10**9])
def test_chunks_change_neither_scores_nor_gradients(
    chunk_elements: int, masks: tuple[Tensor, Tensor]
) -> None:
    lists, list_mask = random(3, 2, 5, 8, seed=2), lengths_mask([5, 2, 4, 1, 3, 5], 5)
    for score in (
        lambda q, d, size: maxsim(q, d, *masks, chunk_elements=size),
        lambda q, d, size: (
            maxsim_nway(q, lists, masks[0], list_mask.view(3, 2, 5), chunk_elements=size) + d.sum()
        ),
    ):
        assert_same_value_and_gradient(
            lambda q, d, score=score: score(q, d, chunk_elements).square(),
            lambda q, d, score=score: score(q, d, 10**9).square(),
            random(3, 3, 8),
            random(4, 5, 8, seed=1),
        )


def largest_saved_tensor(function: Callable[[], Tensor]) -> int:
    """The most elements that autograd keeps in one tensor for the backward pass."""
    sizes = []

    def note(tensor: Tensor) -> Tensor:
        sizes.append(tensor.untyped_storage().nbytes() // tensor.element_size())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        function()
    return max(sizes)


def test_training_does_not_hold_the_products_of_all_token_pairs() -> None:
    queries = random(8, 16, 4).requires_grad_()
    passages, mask = random(8, 32, 4, seed=1).requires_grad_(), torch.ones(8, 32)
    all_products = 8 * 16 * 8 * 32

    def score() -> Tensor:
        return maxsim(queries, passages, passage_mask=mask, chunk_elements=all_products // 8)

    def naive() -> Tensor:
        return torch.einsum("bqd,ptd->bpqt", queries, passages).amax(dim=-1).sum(dim=-1)

    assert largest_saved_tensor(score) <= all_products // 32
    assert largest_saved_tensor(naive) == all_products


def test_a_passage_without_tokens_ranks_below_every_other() -> None:
    queries, passages = random(2, 3, 4).requires_grad_(), random(3, 2, 4, seed=1).requires_grad_()
    mask = lengths_mask([2, 0, 1], 2)
    scores = maxsim(queries, passages, passage_mask=mask)
    assert scores[:, 1].tolist() == [-math.inf, -math.inf]
    assert torch.isfinite(scores[:, [0, 2]]).all()
    listed = torch.tensor([[True, False, True]] * 2)
    gradients = torch.autograd.grad(
        listwise_kl(scores, random(2, 3, seed=2), listed), (queries, passages)
    )
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    assert not gradients[1][1].any()


def test_a_query_without_tokens_scores_zero_but_with_an_empty_passage() -> None:
    queries, passages = random(2, 3, 4), random(3, 2, 4)
    scores = maxsim(queries, passages, lengths_mask([3, 0], 3), lengths_mask([2, 0, 1], 2))
    assert scores[1].tolist() == [0.0, -math.inf, 0.0]


def test_maxima_are_added_in_single_precision() -> None:
    queries, passages = torch.ones(1, 300, 1).bfloat16(), torch.ones(1, 1, 1).bfloat16()
    assert maxsim(queries, passages).item() == 300  # bfloat16 has no number between 256 and 258
    assert maxsim(queries, passages).dtype == torch.float32


def test_an_empty_batch_gives_an_empty_matrix() -> None:
    assert maxsim(torch.zeros(0, 3, 4), torch.zeros(2, 3, 4)).shape == (0, 2)
    assert maxsim(torch.zeros(2, 3, 4), torch.zeros(0, 3, 4)).shape == (2, 0)


@pytest.mark.parametrize(
    ("queries", "passages", "message"),
    [
        ((3, 4), (2, 5, 4), "expected 3 and 3 dimensions"),
        ((2, 3, 4), (2, 5, 3), "vectors of different dimensions"),
        ((2, 3, 4), (2, 0, 4), "no tokens"),
        ((2, 0, 4), (2, 5, 4), "no tokens"),
    ],
)
def test_wrong_shapes_are_refused(
    queries: tuple[int, ...], passages: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        maxsim(torch.zeros(queries), torch.zeros(passages))


def test_wrong_masks_lists_and_chunks_are_refused() -> None:
    queries, passages = torch.zeros(2, 3, 4), torch.zeros(2, 5, 4)
    with pytest.raises(ValueError, match=r"query_mask has shape \(3,\)"):
        maxsim(queries, passages, torch.ones(3))
    with pytest.raises(ValueError, match="passage_mask has shape"):
        maxsim(queries, passages, passage_mask=torch.ones(1, 5))
    with pytest.raises(ValueError, match="chunk_elements"):
        maxsim(queries, passages, chunk_elements=0)
    with pytest.raises(ValueError, match="2 queries, but 3 lists"):
        maxsim_nway(queries, torch.zeros(3, 2, 5, 4))
    with pytest.raises(ValueError, match="expected 3 and 4 dimensions"):
        maxsim_nway(queries, passages)
    with pytest.raises(ValueError, match="2 queries, but 3 lists"):
        maxsim_paired(queries, torch.zeros(3, 5, 4))
