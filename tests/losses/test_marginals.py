from __future__ import annotations

import numpy as np
import pytest
import torch

from arir.losses.marginals import check_marginals, smoothed_idf, token_marginal
from tests.losses.helpers import lengths_mask


def test_mass_is_even_over_real_tokens_and_sums_to_one() -> None:
    marginal = token_marginal(lengths_mask([4, 1, 3], 4))
    torch.testing.assert_close(marginal.sum(1), torch.ones(3))
    assert marginal[0].tolist() == [0.25] * 4
    assert marginal[1].tolist() == [1.0, 0.0, 0.0, 0.0]


def test_weights_share_the_mass_and_padding_gets_none() -> None:
    weights = torch.tensor([[1.0, 3.0, 100.0], [0.0, 2.0, 2.0]])
    marginal = token_marginal(lengths_mask([2, 3], 3), weights)
    assert marginal.tolist() == [[0.25, 0.75, 0.0], [0.0, 0.5, 0.5]]


def test_a_sentence_without_mass_is_zero_instead_of_nan() -> None:
    assert token_marginal(torch.zeros(1, 3)).tolist() == [[0.0, 0.0, 0.0]]
    assert token_marginal(torch.ones(1, 2), torch.zeros(1, 2)).tolist() == [[0.0, 0.0]]


@pytest.mark.parametrize("weight", [-1.0, float("nan"), float("inf")])
def test_weights_that_are_no_masses_are_refused(weight: float) -> None:
    with pytest.raises(ValueError, match="finite and not negative"):
        token_marginal(torch.ones(1, 2), torch.tensor([[1.0, weight]]))
    ignored = token_marginal(lengths_mask([1], 2), torch.tensor([[1.0, weight]]))
    assert ignored.tolist() == [[1.0, 0.0]]


def test_weights_that_would_broadcast_are_refused() -> None:
    with pytest.raises(ValueError, match="expected one shape"):
        token_marginal(torch.ones(2, 3), torch.ones(1, 3))


def test_idf_equals_scikit_learn() -> None:
    text = pytest.importorskip("sklearn.feature_extraction.text")
    counts = np.array([[1, 0, 2], [0, 0, 1], [3, 0, 1]])
    expected = text.TfidfTransformer(smooth_idf=True).fit(counts).idf_
    ours = smoothed_idf(torch.tensor([2, 0, 3]), 3)
    torch.testing.assert_close(ours, torch.from_numpy(expected).float())


def test_impossible_document_frequencies_are_refused() -> None:
    for frequency in (-1, 4):
        with pytest.raises(ValueError, match="between 0 and 3"):
            smoothed_idf(torch.tensor([frequency]), 3)
    with pytest.raises(ValueError, match="documents must be positive"):
        smoothed_idf(torch.tensor([0]), 0)


def test_marginals_of_another_shape_than_the_cost_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(B, n, m\)"):
        check_marginals(torch.zeros(2, 3), torch.zeros(2), torch.zeros(3))
    with pytest.raises(ValueError, match="source marginal"):
        check_marginals(torch.zeros(1, 2, 3), torch.zeros(1, 3), torch.zeros(1, 3))
    with pytest.raises(ValueError, match="target marginal"):
        check_marginals(torch.zeros(1, 2, 3), torch.zeros(1, 2), torch.zeros(3))
