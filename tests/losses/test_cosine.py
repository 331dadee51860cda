from __future__ import annotations

import pytest
import torch

from arir.losses.cosine import cosine_matrix
from tests.losses.helpers import random


def test_it_equals_torch_on_every_pair() -> None:
    x, y = random(2, 3, 5), random(2, 4, 5, seed=1)
    expected = torch.cosine_similarity(x[:, :, None], y[:, None], dim=-1)
    torch.testing.assert_close(cosine_matrix(x, y), expected)


def test_a_zero_vector_gives_zero_and_no_nan_in_the_gradient() -> None:
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0]], requires_grad=True)
    cosines = cosine_matrix(x, torch.tensor([[1.0, 1.0]]))
    assert float(cosines[0].detach()) == 0
    cosines[1].sum().backward()
    assert x.grad is not None
    assert torch.isfinite(x.grad).all()


def test_half_precision_and_autocast_do_not_coarsen_it() -> None:
    x = random(3, 64)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(cosine_matrix(x, x), cosine_matrix(x, x).float())
        assert cosine_matrix(x, x).dtype == torch.float32
    assert cosine_matrix(x.bfloat16(), x.bfloat16()).dtype == torch.float32


def test_vectors_of_different_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="4 and 5 dimensions"):
        cosine_matrix(torch.zeros(2, 4), torch.zeros(2, 5))
