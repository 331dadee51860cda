from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.cosine import cosine_matrix
from arir.losses.info_nce import false_negative_mask, info_nce
from tests.losses.helpers import assert_same_value_and_gradient, random, reference


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("hard_negatives", [0, 1, 3])
def test_it_equals_sentence_transformers(symmetric: bool, hard_negatives: int) -> None:
    settings = (
        {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
        if symmetric
        else {}
    )
    loss = reference.MultipleNegativesRankingLoss(None, scale=20.0, **settings)
    queries, passages = random(4, 8), random(1 + hard_negatives, 4, 8, seed=1)

    def ours(queries: Tensor, passages: Tensor) -> Tensor:
        scores = cosine_matrix(queries, passages.flatten(0, 1))
        return info_nce(scores, temperature=1 / 20, symmetric=symmetric)

    def theirs(queries: Tensor, passages: Tensor) -> Tensor:
        return loss.compute_loss_from_embeddings([queries, *passages], torch.empty(0))

    assert_same_value_and_gradient(ours, theirs, queries, passages)


@pytest.mark.parametrize("symmetric", [False, True])
def test_the_gradient_is_that_of_finite_differences(symmetric: bool) -> None:
    scores = random(3, 5, dtype=torch.float64).requires_grad_()
    mask = torch.zeros(3, 5, dtype=torch.bool)
    mask[0, 3] = mask[1, 2] = True

    def loss(scores: Tensor) -> Tensor:
        return info_nce(scores, mask, temperature=0.5, symmetric=symmetric)

    assert torch.autograd.gradcheck(loss, scores)


def test_positives_are_pulled_and_negatives_pushed() -> None:
    scores = random(3, 4).requires_grad_()
    (gradient,) = torch.autograd.grad(info_nce(scores, temperature=1.0, symmetric=True), scores)
    own = torch.eye(3, 4, dtype=torch.bool)
    assert (gradient[own] < 0).all()
    assert (gradient[~own] > 0).all()


def test_a_false_negative_counts_as_little_as_an_absent_passage() -> None:
    scores, mask = random(3, 5), torch.zeros(3, 5, dtype=torch.bool)
    mask[:, 3] = True
    kept = scores[:, [0, 1, 2, 4]]
    torch.testing.assert_close(info_nce(scores, mask), info_nce(kept))
    leaves = scores.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(info_nce(leaves, mask), leaves)
    assert not gradient[:, 3].any()
    assert torch.isfinite(gradient).all()


def test_a_mask_over_the_positive_itself_is_of_no_effect() -> None:
    scores = random(3, 3)
    assert torch.isfinite(info_nce(scores, torch.ones(3, 3)))
    own = torch.eye(3, dtype=torch.bool)
    torch.testing.assert_close(info_nce(scores, own), info_nce(scores))


def test_gathered_passages_of_other_processes_shift_the_positives() -> None:
    scores = random(4, 4)
    shares = [info_nce(scores[rows], positives=torch.tensor(rows)) for rows in ([0, 1], [2, 3])]
    torch.testing.assert_close(torch.stack(shares).mean(), info_nce(scores))


@given(st.permutations(range(4)))
def test_the_order_of_the_batch_changes_nothing(order: list[int]) -> None:
    scores = random(4, 4, dtype=torch.float64)
    shuffled = info_nce(scores[order][:, order], symmetric=True)
    torch.testing.assert_close(shuffled, info_nce(scores, symmetric=True))


def test_a_batch_that_repeats_a_passage_costs_what_it_costs_once() -> None:
    queries, passages = random(2, 8), random(1, 8, seed=1)
    once = cosine_matrix(queries, torch.cat([passages, passages, random(1, 8, seed=2)]))
    mask = false_negative_mask(torch.tensor([5, 5, 6]), torch.tensor([0, 1]))
    masked = info_nce(once, mask)
    expected = info_nce(once[:, [0, 2]], positives=torch.tensor([0, 0]))
    torch.testing.assert_close(masked, expected)
    assert float(info_nce(once)) > float(masked)


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=6),
    st.lists(st.integers(0, 2), min_size=1, max_size=6),
)
def test_the_mask_of_false_negatives_equals_its_definition(
    passages: list[int], queries: list[int]
) -> None:
    queries = queries[: len(passages)]
    mask = false_negative_mask(torch.tensor(passages), torch.tensor(queries))
    for row, query in enumerate(queries):
        for column, passage in enumerate(passages):
            again = passage == passages[row]
            same_query = column < len(queries) and queries[column] == query
            assert bool(mask[row, column]) == (column != row and (again or same_query))


@pytest.mark.parametrize(
    ("shape", "message"),
    [((3,), "expected"), ((3, 1), "at least 2 passages"), ((3, 2), "no positive")],
)
def test_scores_without_a_positive_for_every_query_are_refused(
    shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        info_nce(torch.zeros(shape))


def test_wrong_masks_ids_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="false_negatives has shape"):
        info_nce(torch.zeros(3, 3), torch.zeros(3))
    with pytest.raises(ValueError, match="positives have shape"):
        info_nce(torch.zeros(3, 3), positives=torch.zeros(3, 1))
    with pytest.raises(ValueError, match="temperature"):
        info_nce(torch.zeros(3, 3), temperature=0.0)
    with pytest.raises(ValueError, match="B <= P"):
        false_negative_mask(torch.zeros(2), torch.zeros(3))
