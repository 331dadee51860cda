"""What the tests of the losses share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

#: sentence-transformers' losses, the reference of several tests
reference = pytest.importorskip(
    "sentence_transformers.sentence_transformer.losses",
    reason="the reference losses need sentence-transformers 6",
)


def assert_same_value_and_gradient(
    ours: Callable[..., Tensor], theirs: Callable[..., Tensor], *inputs: Tensor
) -> None:
    """Both functions give the same number and the same gradient for every input."""
    results = []
    for function in (ours, theirs):
        leaves = [tensor.detach().clone().requires_grad_() for tensor in inputs]
        value = function(*leaves)
        gradients = torch.autograd.grad(value.sum(), leaves)
        results.append((value.detach(), gradients))
    (value, gradients), (expected, expected_gradients) = results
    torch.testing.assert_close(value, expected)
    assert any(gradient.abs().max() > 1e-6 for gradient in expected_gradients), "a vacuous test"
    for gradient, expected_gradient in zip(gradients, expected_gradients, strict=True):
        torch.testing.assert_close(gradient, expected_gradient, rtol=1e-4, atol=1e-6)


def random(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    """Standard normal numbers that depend on the seed alone."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def lengths_mask(lengths: list[int], width: int) -> Tensor:
    """True for the first so many positions of each row."""
    return torch.arange(width)[None, :] < torch.tensor(lengths)[:, None]
