from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from arir.losses.symmetric_kl import symmetric_kl
from tests.losses.helpers import assert_same_value_and_gradient, lengths_mask, random


def test_it_equals_the_mean_over_all_pairs_of_views() -> None:
    def kl(target: Tensor, prediction: Tensor) -> Tensor:
        return functional.kl_div(
            prediction.log_softmax(1),
            target.log_softmax(1),
            reduction="batchmean",
            log_target=True,
        )

    def theirs(scores: Tensor) -> Tensor:
        a, b, c = scores
        pairs = [(a, b), (a, c), (b, c)]
        return torch.stack([(kl(x, y) + kl(y, x)) / 2 for x, y in pairs]).mean()

    assert_same_value_and_gradient(symmetric_kl, theirs, random(3, 4, 5))


def test_the_order_of_the_views_is_of_no_account() -> None:
    scores = random(3, 4, 5)
    torch.testing.assert_close(symmetric_kl(scores), symmetric_kl(scores.flip(0)))


def test_views_that_agree_cost_nothing_and_others_do() -> None:
    view = random(4, 5)
    assert abs(float(symmetric_kl(torch.stack([view, view + 3])))) < 1e-6
    assert float(symmetric_kl(torch.stack([view, -view]))) > 0.1


def test_padding_changes_nothing() -> None:
    scores, mask = random(2, 1, 4), lengths_mask([3], 4)
    dirty = scores.masked_fill(~mask, float("nan"))
    torch.testing.assert_close(symmetric_kl(dirty, mask), symmetric_kl(scores[:, :, :3]))


def test_wrong_shapes_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 views"):
        symmetric_kl(torch.zeros(1, 3, 2))
    with pytest.raises(ValueError, match="at least 2 candidates"):
        symmetric_kl(torch.zeros(2, 3, 1))
    with pytest.raises(ValueError, match="temperature"):
        symmetric_kl(torch.zeros(2, 3, 2), temperature=0.0)
