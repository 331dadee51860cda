"""Both solvers: marginals, agreement with POT, and what must not change a plan."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from arir.losses.ipot import ipot
from arir.losses.marginals import token_marginal
from arir.losses.optimal_transport import Solver
from arir.losses.sinkhorn import sinkhorn
from tests.losses.helpers import lengths_mask

SOLVERS: dict[str, Solver] = {
    "ipot": partial(ipot, steps=300, inner=5, tolerance=0.0),
    "sinkhorn": partial(sinkhorn, iterations=300, tolerance=0.0),
}
every_solver = pytest.mark.parametrize("solver", SOLVERS.values(), ids=SOLVERS)


def problem(
    sources: list[int], targets: list[int], *, seed: int = 0, weighted: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    """Costs in [0, 2] and marginals of a padded batch."""
    generator = torch.Generator().manual_seed(seed)
    n, m = max(sources), max(targets)
    cost = 2 * torch.rand(len(sources), n, m, generator=generator, dtype=torch.float64)
    marginals = []
    for lengths, width in ((sources, n), (targets, m)):
        weights = 0.1 + torch.rand(len(lengths), width, generator=generator, dtype=torch.float64)
        mask = lengths_mask(lengths, width)
        marginals.append(token_marginal(mask, weights if weighted else torch.ones_like(weights)))
    return cost, *marginals


@every_solver
@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=4),
    st.integers(0, 999),
)
def test_both_marginals_are_met(solver: Solver, lengths: list[tuple[int, int]], seed: int) -> None:
    sources, targets = zip(*lengths, strict=True)
    cost, mu, nu = problem(list(sources), list(targets), seed=seed)
    plan = solver(cost, mu, nu)
    assert (plan >= 0).all()
    torch.testing.assert_close(plan.sum(1), nu, atol=1e-6, rtol=0)
    torch.testing.assert_close(plan.sum(2), mu, atol=2e-2, rtol=0)
    assert not plan[(mu == 0)[:, :, None] | (nu == 0)[:, None, :]].any()


def test_ipot_reaches_the_exact_cost_that_pot_finds() -> None:
    ot = pytest.importorskip("ot", reason="needs POT, the reference solver")
    cost, mu, nu = problem([5, 3, 6], [4, 6, 6], seed=3)
    plan = ipot(cost, mu, nu, steps=3000, tolerance=0.0)
    for row in range(3):
        exact = ot.emd2(*_trimmed(mu[row], nu[row], cost[row]))
        assert float((plan * cost)[row].sum()) == pytest.approx(exact, abs=1e-3)


@pytest.mark.parametrize("epsilon", [0.02, 0.1, 1.0])
def test_sinkhorn_gives_the_plan_of_pot(epsilon: float) -> None:
    ot = pytest.importorskip("ot", reason="needs POT, the reference solver")
    cost, mu, nu = problem([5, 3], [4, 6], seed=4)
    plan = sinkhorn(cost, mu, nu, epsilon=epsilon, iterations=3000, tolerance=1e-12)
    for row in range(2):
        source, target, costs = _trimmed(mu[row], nu[row], cost[row])
        expected = ot.sinkhorn(
            source, target, costs, epsilon, method="sinkhorn_log", numItermax=5000, stopThr=1e-12
        )
        ours = plan[row, : len(source), : len(target)].numpy()
        np.testing.assert_allclose(ours, expected, atol=1e-7)


def _trimmed(mu: Tensor, nu: Tensor, cost: Tensor) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    source, target = mu[mu > 0].numpy(), nu[nu > 0].numpy()
    source, target = source / source.sum(), target / target.sum()
    return source, target, np.ascontiguousarray(cost.numpy()[: len(source), : len(target)])


def literal_ipot(
    cost: np.ndarray, mu: np.ndarray, nu: np.ndarray, beta: float, inner: int, steps: int
) -> np.ndarray:
    """Algorithm 1 of Xie et al., one pair of sentences."""
    kernel, plan = np.exp(-cost / beta), np.ones_like(cost)
    b = np.full(len(nu), 1 / len(nu))
    for _ in range(steps):
        q = kernel * plan
        for _ in range(inner):
            a = mu / (q @ b)
            b = nu / (q.T @ a)
        plan = np.diag(a) @ q @ np.diag(b)
    return plan


@pytest.mark.parametrize(("beta", "inner", "steps"), [(0.5, 1, 1), (1.0, 5, 3), (0.2, 2, 7)])
def test_ipot_takes_the_steps_of_its_algorithm(beta: float, inner: int, steps: int) -> None:
    cost, mu, nu = problem([5, 3], [4, 6], seed=2)
    plan = ipot(cost, mu, nu, beta=beta, inner=inner, steps=steps, tolerance=0.0)
    for row in range(2):
        source, target, costs = _trimmed(mu[row], nu[row], cost[row])
        expected = literal_ipot(costs, source, target, beta, inner, steps)
        np.testing.assert_allclose(plan[row, : len(source), : len(target)], expected)


@pytest.mark.parametrize(
    "solver",
    [
        *SOLVERS.values(),
        partial(ipot, steps=2, tolerance=0.0),
        partial(sinkhorn, iterations=2, tolerance=0.0),
    ],
)
def test_a_batch_equals_a_loop_over_its_pairs(solver: Solver) -> None:
    sources, targets = [5, 2, 3], [3, 4, 2]
    cost, mu, nu = problem(sources, targets)
    plan = solver(cost, mu, nu)
    for row, (n, m) in enumerate(zip(sources, targets, strict=True)):
        one = slice(row, row + 1)
        single = solver(cost[one, :n, :m], mu[one, :n], nu[one, :m])
        torch.testing.assert_close(plan[one, :n, :m], single)


@pytest.mark.parametrize(
    "solver", [partial(ipot, tolerance=0.03), partial(sinkhorn, tolerance=0.03)]
)
def test_early_stopping_does_not_let_neighbours_change_a_plan(solver: Solver) -> None:
    cost, mu, nu = problem([6] * 8, [6] * 8, seed=1)
    cost[0] *= 0.1  # nearly constant costs stop at another time than the others
    together, alone = solver(cost, mu, nu), []
    for row in range(8):
        one = slice(row, row + 1)
        alone.append(solver(cost[one], mu[one], nu[one]))
    torch.testing.assert_close(together, torch.cat(alone))
    full = solver(cost, mu, nu, tolerance=0.0)  # type: ignore[call-arg]  # both solvers have it
    left = (full - together).abs().sum(dim=(1, 2))
    assert left.max() > 2 * left.min() > 0, "the pairs should stop at different steps"


@pytest.mark.parametrize("solver", [ipot, sinkhorn])
def test_stopping_early_stays_near_the_full_run(solver: Solver) -> None:
    cost, mu, nu = problem([6, 6], [6, 6], seed=5)
    full = solver(cost, mu, nu, tolerance=0.0)  # type: ignore[call-arg]  # both solvers have it
    early = solver(cost, mu, nu, tolerance=1e-2)  # type: ignore[call-arg]
    assert not torch.equal(early, full)
    assert float((early - full).abs().sum(dim=(1, 2)).max()) < 0.1


@every_solver
@settings(deadline=None, max_examples=20)
@given(st.permutations(range(4)), st.permutations(range(5)))
def test_the_order_of_tokens_permutes_the_plan(
    solver: Solver, rows: list[int], columns: list[int]
) -> None:
    cost, mu, nu = problem([4], [5])
    plan = solver(cost[:, rows][:, :, columns], mu[:, rows], nu[:, columns])
    torch.testing.assert_close(plan, solver(cost, mu, nu)[:, rows][:, :, columns])


@every_solver
def test_the_cost_of_padding_changes_nothing(solver: Solver) -> None:
    cost, mu, nu = problem([3, 4], [5, 2])
    real = (mu > 0)[:, :, None] & (nu > 0)[:, None, :]
    plan = solver(cost, mu, nu)
    for anything in (-1e4, 7.0, 1e4):
        torch.testing.assert_close(solver(cost.masked_fill(~real, anything), mu, nu), plan)


@every_solver
def test_a_pair_with_an_empty_side_gets_an_empty_plan_without_nan(solver: Solver) -> None:
    cost, mu, nu = problem([3, 3], [2, 2])
    mu, nu = mu.clone(), nu.clone()
    nu[0] = 0.0
    cost.requires_grad_()
    plan = solver(cost, mu, nu)
    assert not plan[0].any()
    torch.testing.assert_close(plan[1:], solver(cost[1:], mu[1:], nu[1:]))
    (gradient,) = torch.autograd.grad((plan * cost).sum(), cost)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(
    "solver",
    [
        partial(ipot, steps=4, inner=2, tolerance=0.0),
        partial(sinkhorn, epsilon=0.3, iterations=6, tolerance=0.0),
    ],
    ids=["ipot", "sinkhorn"],
)
def test_the_gradient_through_the_solver_is_that_of_finite_differences(solver: Solver) -> None:
    cost, mu, nu = problem([3, 2], [2, 3])
    real = ((mu > 0)[:, :, None] & (nu > 0)[:, None, :]).double()
    cost.requires_grad_()
    assert torch.autograd.gradcheck(lambda c: (solver(c, mu, nu) * c * real).sum((1, 2)), cost)


@every_solver
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_lower_precision_still_meets_the_marginals(solver: Solver, dtype: torch.dtype) -> None:
    cost, mu, nu = problem([30, 12], [25, 32], seed=6)
    with torch.autocast("cpu", torch.bfloat16):
        plan = solver(cost.to(dtype), mu.float(), nu.float())
    assert plan.dtype == torch.float32
    assert torch.isfinite(plan).all()
    torch.testing.assert_close(plan.sum(1), nu.float(), atol=1e-5, rtol=0)
    torch.testing.assert_close(plan.sum(2), mu.float(), atol=5e-3, rtol=0)


def test_the_smallest_beta_does_not_underflow_in_single_precision() -> None:
    cost, mu, nu = problem([20], [20], seed=7)
    plan = ipot(cost.float(), mu.float(), nu.float(), beta=0.05, steps=500, tolerance=0.0)
    assert torch.isfinite(plan).all()
    torch.testing.assert_close(plan.sum(2), mu.float(), atol=1e-2, rtol=0)


def test_wrong_settings_are_refused() -> None:
    cost, mu, nu = problem([2], [2])
    for name in ("beta", "inner", "steps"):
        with pytest.raises(ValueError, match=f"{name} must be positive"):
            ipot(cost, mu, nu, **{name: 0})
    with pytest.raises(ValueError, match=r"beta must be at least 0\.05, not 0\.01"):
        ipot(cost, mu, nu, beta=0.01)
    for name in ("epsilon", "iterations"):
        with pytest.raises(ValueError, match=f"{name} must be positive"):
            sinkhorn(cost, mu, nu, **{name: 0})
    for solver in (ipot, sinkhorn):
        for tolerance in (-1e-3, float("nan")):
            with pytest.raises(ValueError, match="tolerance must not be negative"):
                solver(cost, mu, nu, tolerance=tolerance)
