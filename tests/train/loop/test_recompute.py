"""Recomputed activations change no loss and no gradient, and are not kept between the passes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from arir.models.token_store import tokenise_texts
from arir.train.config import MaskedLmConfig
from arir.train.kernels import make_kernel
from arir.train.loop.trainer import fit
from arir.train.masked_lm import MaskedLmCollator, MaskedLmObjective
from arir.train.objectives import ContrastObjective, ListObjective
from tests.train.learners import FAMILIES, LISTS, collator_of, open_any
from tests.train.loop.world import PASSAGES, SETTINGS, same_weights

KERNEL = make_kernel("kl")


def opened(request: pytest.FixtureRequest, family: str, **settings: Any) -> Any:
    return open_any(request.getfixturevalue(FAMILIES[family]), family, **settings).train()


def loss_and_gradients(
    learner: Any, objective: torch.nn.Module, batch: dict[str, Any]
) -> tuple[float, dict[str, Tensor], int]:
    """The loss, every gradient, and how many bytes the forward pass keeps for the backward pass."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        if not isinstance(tensor, torch.nn.Parameter):
            storage = tensor.untyped_storage()
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    torch.manual_seed(3)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = objective(batch)
    loss.backward()
    gradients = {n: p.grad for n, p in learner.named_parameters() if p.grad is not None}
    return loss.item(), gradients, sum(kept.values())


def check_same(request: pytest.FixtureRequest, family: str, *, contrast: bool) -> None:
    results = []
    for recompute in (False, True):
        learner = opened(request, family, recompute=recompute, dropout=0.3)
        batch = collator_of(learner, family, in_batch=contrast)(range(len(LISTS)))
        assert len(batch["groups"]) > 2
        objective = ContrastObjective(learner, 0.5) if contrast else ListObjective(learner, KERNEL)
        results.append(loss_and_gradients(learner, objective, batch))
    (loss, gradients, kept), (again, recomputed, kept_less) = results
    assert loss == again
    assert gradients.keys() == recomputed.keys()
    assert max(float(gradient.abs().max()) for gradient in gradients.values()) > 1e-3
    for name, gradient in gradients.items():
        torch.testing.assert_close(recomputed[name], gradient, rtol=1e-5, atol=1e-7)
    assert kept_less < 0.3 * kept


@pytest.mark.parametrize("family", FAMILIES)
def test_lists_give_the_same_gradients_with_dropout_on(
    request: pytest.FixtureRequest, family: str
) -> None:
    check_same(request, family, contrast=False)


@pytest.mark.parametrize("family", ["bi-encoder", "late-interaction"])
def test_in_batch_contrast_gives_the_same_gradients(
    request: pytest.FixtureRequest, family: str
) -> None:
    check_same(request, family, contrast=True)


def test_masked_lm_gives_the_same_gradients(request: pytest.FixtureRequest) -> None:
    results = []
    for recompute in (False, True):
        learner = opened(request, "bi-encoder", recompute=recompute, dropout=0.3)
        config = MaskedLmConfig(student="x", output="y", text="z", masked=0.5)
        tokens = tokenise_texts(learner.tokenizer, PASSAGES, 32)
        batch = MaskedLmCollator(tokens, learner.tokenizer, config, 40)(range(len(PASSAGES)))
        assert len(batch["groups"]) > 2
        results.append(loss_and_gradients(learner, MaskedLmObjective(learner, seed=1), batch))
    (loss, gradients, kept), (again, recomputed, kept_less) = results
    assert loss == again
    assert gradients.keys() == recomputed.keys()
    for name, gradient in gradients.items():
        torch.testing.assert_close(recomputed[name], gradient, rtol=1e-5, atol=1e-7)
    assert kept_less < 0.5 * kept


def test_dropout_is_at_work_in_these_tests(request: pytest.FixtureRequest) -> None:
    losses = set()
    for dropout in (0.0, 0.3):
        learner = opened(request, "bi-encoder", dropout=dropout)
        batch = collator_of(learner, "bi-encoder")(range(4))
        losses.add(loss_and_gradients(learner, ListObjective(learner, KERNEL), batch)[0])
    assert len(losses) == 2


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("family", FAMILIES)
def test_whole_trainings_end_in_the_same_weights(
    request: pytest.FixtureRequest, tmp_path: Path, family: str, precision: Any
) -> None:
    settings = replace(SETTINGS, batch_size=2, accumulation=2, steps=3, precision=precision)
    weights = []
    for recompute in (False, True):
        learner = opened(request, family, recompute=recompute)
        objective = ListObjective(learner, KERNEL)
        fit(
            objective,
            len(LISTS),
            collator_of(learner, family),
            settings,
            tmp_path / str(recompute),
        )
        weights.append(learner.state_dict())
    assert same_weights(*weights)


def test_memory_does_not_grow_with_the_passes(request: pytest.FixtureRequest) -> None:
    """Twice the passes keep twice the activations, unless they are recomputed."""
    kept = {}
    for recompute in (False, True):
        for rows in (1, 4):
            learner = opened(request, "bi-encoder", recompute=recompute)
            batch = collator_of(learner, "bi-encoder")(range(rows))
            objective = ListObjective(learner, KERNEL)
            kept[recompute, rows] = loss_and_gradients(learner, objective, batch)[2]
    grown = kept[False, 4] - kept[False, 1]
    assert kept[True, 4] - kept[True, 1] < 0.3 * grown
