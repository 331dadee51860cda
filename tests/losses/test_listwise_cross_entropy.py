from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from arir.losses.listwise_cross_entropy import listwise_cross_entropy
from tests.losses.helpers import assert_same_value_and_gradient, lengths_mask, random


def test_it_equals_torch_with_the_positive_first() -> None:
    labels = torch.zeros(4, dtype=torch.long)

    def ours(scores: Tensor) -> Tensor:
        return listwise_cross_entropy(scores, temperature=0.5)

    def theirs(scores: Tensor) -> Tensor:
        return functional.cross_entropy(scores / 0.5, labels)

    assert_same_value_and_gradient(ours, theirs, random(4, 6))


def test_two_candidates_are_the_pairwise_loss_of_colbert() -> None:
    scores = random(5, 2)
    expected = -functional.logsigmoid(scores[:, 0] - scores[:, 1]).mean()
    torch.testing.assert_close(listwise_cross_entropy(scores), expected)


def test_a_better_positive_lowers_the_loss() -> None:
    scores = random(3, 4).requires_grad_()
    positives = torch.tensor([2, 0, 3])
    loss = listwise_cross_entropy(scores, positives=positives)
    (gradient,) = torch.autograd.grad(loss, scores)
    of_positives = torch.zeros(3, 4, dtype=torch.bool).scatter(1, positives[:, None], True)
    assert (gradient[of_positives] < 0).all()
    assert (gradient[~of_positives] > 0).all()


def test_padding_changes_nothing() -> None:
    scores, mask = random(2, 4), lengths_mask([4, 2], 4)
    dirty = scores.masked_fill(~mask, float("nan"))
    expected = (listwise_cross_entropy(scores[:1]) + listwise_cross_entropy(scores[1:, :2])) / 2
    torch.testing.assert_close(listwise_cross_entropy(dirty, mask), expected)


def test_the_positive_counts_even_where_the_mask_forgets_it() -> None:
    scores = torch.tensor([[0.0, 2.0]])
    forgotten = listwise_cross_entropy(scores, torch.tensor([[False, True]]))
    torch.testing.assert_close(forgotten, listwise_cross_entropy(scores))


def test_wrong_shapes_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 candidates"):
        listwise_cross_entropy(torch.zeros(3, 1))
    with pytest.raises(ValueError, match=r"positives have shape \(3, 1\)"):
        listwise_cross_entropy(torch.zeros(3, 2), positives=torch.zeros(3, 1))
    with pytest.raises(ValueError, match="temperature"):
        listwise_cross_entropy(torch.zeros(3, 2), temperature=-1.0)
