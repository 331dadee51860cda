from __future__ import annotations

from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.ipot import ipot
from arir.losses.marginals import token_marginal
from arir.losses.optimal_transport import Solver, optimal_transport_loss, transport_cost
from arir.losses.sinkhorn import sinkhorn
from tests.losses.helpers import lengths_mask, random

every_solver = pytest.mark.parametrize(
    "solver", [ipot, partial(sinkhorn, epsilon=0.02)], ids=["ipot", "sinkhorn"]
)


@every_solver
def test_identical_inputs_cost_nothing_and_others_do(solver: Solver) -> None:
    tokens, mask = random(3, 6, 64), lengths_mask([6, 2, 4], 6)
    same = optimal_transport_loss(tokens, tokens, mask, mask, solver=solver)
    assert abs(float(same)) < 1e-4
    other = optimal_transport_loss(tokens, random(3, 6, 64, seed=1), mask, mask, solver=solver)
    assert float(other) > 0.5


@every_solver
def test_another_word_order_or_length_of_vectors_costs_nothing(solver: Solver) -> None:
    tokens = random(2, 5, 64)
    shuffled = 3 * tokens[:, [4, 2, 0, 1, 3]]
    assert abs(float(optimal_transport_loss(tokens, shuffled, solver=solver))) < 1e-4


@every_solver
@settings(deadline=None, max_examples=20)
@given(st.integers(0, 4), st.integers(0, 4), st.integers(0, 99))
def test_padding_changes_neither_the_loss_nor_a_gradient(
    solver: Solver, source_padding: int, target_padding: int, seed: int
) -> None:
    source, target = random(2, 4, 8, seed=seed), random(2, 3, 8, seed=seed + 1)
    wider_source = torch.cat([source, 9 * random(2, source_padding, 8, seed=seed + 2)], dim=1)
    wider = torch.cat([target, torch.zeros(2, target_padding, 8)], dim=1).requires_grad_()
    target.requires_grad_()
    masks = lengths_mask([4, 4], 4 + source_padding), lengths_mask([3, 3], 3 + target_padding)
    loss = optimal_transport_loss(source, target, solver=solver)
    padded = optimal_transport_loss(wider_source, wider, *masks, solver=solver)
    torch.testing.assert_close(padded, loss)
    (gradient,) = torch.autograd.grad(loss, target)
    (padded_gradient,) = torch.autograd.grad(padded, wider)
    torch.testing.assert_close(padded_gradient[:, :3], gradient, atol=1e-6, rtol=1e-4)
    assert not padded_gradient[:, 3:].any()


@every_solver
def test_a_batch_is_the_mean_of_its_pairs(solver: Solver) -> None:
    source, target = random(3, 5, 8), random(3, 4, 8, seed=1)
    lengths = [(5, 4), (2, 3), (4, 1)]
    masks = lengths_mask([n for n, _ in lengths], 5), lengths_mask([m for _, m in lengths], 4)
    singles = [
        optimal_transport_loss(source[i : i + 1, :n], target[i : i + 1, :m], solver=solver)
        for i, (n, m) in enumerate(lengths)
    ]
    batch = optimal_transport_loss(source, target, *masks, solver=solver)
    torch.testing.assert_close(batch, torch.stack(singles).mean())


def test_the_gradient_of_a_constant_plan_is_the_plan_times_that_of_the_cost() -> None:
    source, target = random(2, 3, 4), random(2, 3, 4, seed=1).requires_grad_()
    loss = optimal_transport_loss(source, target)
    (gradient,) = torch.autograd.grad(loss, target)
    uniform = token_marginal(torch.ones(2, 3))
    cost = transport_cost(source, target)
    plan = ipot(cost.detach(), uniform, uniform)
    (expected,) = torch.autograd.grad((plan * cost).sum() / 2, target)
    torch.testing.assert_close(gradient, expected)


def test_both_gradients_agree_where_the_plan_is_exact() -> None:
    source = random(1, 4, 16, dtype=torch.float64)
    target = (source.flip(1) + 0.3 * random(1, 4, 16, seed=1, dtype=torch.float64)).requires_grad_()
    gradients = [
        torch.autograd.grad(
            optimal_transport_loss(source, target, differentiate=differentiate), target
        )[0]
        for differentiate in (False, True)
    ]
    assert gradients[0].abs().max() > 1e-3
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize(
    "solver",
    [partial(ipot, steps=3, tolerance=0.0), partial(sinkhorn, epsilon=0.5, iterations=5)],
    ids=["ipot", "sinkhorn"],
)
def test_the_gradient_through_the_plan_is_that_of_finite_differences(solver: Solver) -> None:
    source = random(2, 3, 4, dtype=torch.float64)
    target = random(2, 2, 4, seed=1, dtype=torch.float64).requires_grad_()
    masks = lengths_mask([3, 2], 3), lengths_mask([2, 1], 2)

    def loss(target: Tensor) -> Tensor:
        return optimal_transport_loss(source, target, *masks, solver=solver, differentiate=True)

    assert torch.autograd.gradcheck(loss, target)


@pytest.mark.parametrize("differentiate", [False, True])
def test_training_ends_at_the_teachers_tokens(differentiate: bool) -> None:
    teacher, student = random(1, 3, 8), random(1, 3, 8, seed=1)
    first = optimal_transport_loss(teacher, student)
    for _ in range(60):
        student.requires_grad_()
        loss = optimal_transport_loss(teacher, student, differentiate=differentiate)
        (gradient,) = torch.autograd.grad(loss, student)
        student = (student - 3 * gradient).detach()
    assert float(optimal_transport_loss(teacher, student)) < 0.05 * float(first)


def test_weights_draw_the_student_to_the_heavy_tokens() -> None:
    teacher = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    student = torch.tensor([[[1.0, 1.0]]], requires_grad=True)
    weights = torch.tensor([[9.0, 1.0]])
    loss = optimal_transport_loss(teacher, student, source_weights=weights)
    (gradient,) = torch.autograd.grad(loss, student)
    assert gradient[0, 0, 0] < 0 < gradient[0, 0, 1]
    even = optimal_transport_loss(teacher, student, target_weights=torch.tensor([[5.0]]))
    torch.testing.assert_close(even, optimal_transport_loss(teacher, student))


def test_a_pair_with_an_empty_side_counts_as_zero() -> None:
    source, target = random(2, 3, 8), random(2, 3, 8, seed=1).requires_grad_()
    mask = lengths_mask([3, 0], 3)
    loss = optimal_transport_loss(source, target, target_mask=mask)
    torch.testing.assert_close(loss, optimal_transport_loss(source[:1], target[:1]) / 2)
    (gradient,) = torch.autograd.grad(loss, target)
    assert torch.isfinite(gradient).all()
    assert not gradient[1].any()


@every_solver
def test_mixed_precision_changes_the_loss_by_rounding_alone(solver: Solver) -> None:
    source, target = random(2, 12, 32), random(2, 10, 32, seed=1)
    expected = optimal_transport_loss(source, target, solver=solver)
    with torch.autocast("cpu", torch.bfloat16):
        inside = optimal_transport_loss(source, target, solver=solver)
        half = optimal_transport_loss(source.bfloat16(), target.bfloat16(), solver=solver)
    torch.testing.assert_close(inside, expected)
    torch.testing.assert_close(half, expected, atol=5e-3, rtol=0)
    assert half.dtype == torch.float32


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected \(B, n, D\) and \(B, m, D\)"):
        optimal_transport_loss(torch.zeros(2, 3, 4), torch.zeros(1, 3, 4))
    with pytest.raises(ValueError, match="4 and 5 dimensions"):
        optimal_transport_loss(torch.zeros(2, 3, 4), torch.zeros(2, 3, 5))
    with pytest.raises(ValueError, match="source_mask has shape"):
        optimal_transport_loss(torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), torch.ones(3))
    with pytest.raises(ValueError, match="expected one shape"):
        optimal_transport_loss(
            torch.zeros(2, 3, 4), torch.zeros(2, 3, 4), target_weights=torch.ones(2, 1)
        )
