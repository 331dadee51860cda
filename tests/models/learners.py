"""What holds for the learner of any family: how a batch is put together changes no score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from arir.models.batches import Lists
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر"]
PASSAGES = [*SENTENCES[:5], "نهر", SENTENCES[7], SENTENCES[0]]
#: queries and passages come several times; passages 0 and 7 are the same text
ROWS = [(0, (2, 1, 7)), (0, (2, 4, 0)), (1, (4, 2, 6)), (2, (5, 6, 3)), (1, (4, 2, 6))]

#: collates rows of lists; further arguments are the collator's
Collate = Callable[..., dict[str, Any]]


def lists(rows: list[tuple[int, tuple[int, ...]]] | None = None) -> Lists:
    chosen = ROWS if rows is None else rows
    passages = np.array([own for _, own in chosen], dtype=np.int32)
    labels = np.arange(passages.size, dtype=np.float32).reshape(passages.shape)
    return Lists(np.array([query for query, _ in chosen], np.int32), passages, labels)


def assert_batches_change_no_score(learner: Any, collate: Collate) -> None:
    """Neither the order of the batch, nor its company, nor how passes are cut."""
    with torch.inference_mode():
        whole = learner.list_scores(collate(range(5)))
        assert whole.shape == (5, 3)
        assert whole.dtype == torch.float32
        assert len({round(score, 4) for score in whole.reshape(-1).tolist()}) > 5
        order = [3, 0, 4, 1, 2]
        _close(learner.list_scores(collate(order)), whole[order])
        for budget in (1, 40, 10_000):
            _close(learner.list_scores(collate(range(5), budget=budget)), whole)
        alone = torch.cat([learner.list_scores(collate([row])) for row in range(5)])
        _close(alone, whole)
        _close(learner.list_scores(collate([2, 2, 2])), whole[[2, 2, 2]])


def assert_passages_of_an_example_may_come_in_any_order(learner: Any, collate: Collate) -> None:
    turned = lists([(query, own[::-1]) for query, own in ROWS])
    with torch.inference_mode():
        plain = learner.list_scores(collate(range(5)))
        _close(learner.list_scores(collate(range(5), examples=turned)), plain.flip(1))


def assert_the_scale_is_a_factor(make: Callable[..., Any], collate: Callable[[Any], Any]) -> None:
    learner, scaled = make(), make(scale=2.5)
    with torch.inference_mode():
        plain = learner.list_scores(collate(learner))
        _close(scaled.list_scores(collate(scaled)), 2.5 * plain)


def gradients(learner: Any, batch: dict[str, Any], seed: int = 4) -> dict[str, Tensor]:
    """Of a loss that depends on every score, with dropout."""
    learner.train()
    learner.zero_grad()
    torch.manual_seed(seed)
    scores = learner.list_scores(batch)
    (scores * torch.linspace(-1, 2, scores.numel()).reshape(scores.shape)).sum().backward()
    return {
        name: parameter.grad.clone()
        for name, parameter in learner.named_parameters()
        if parameter.grad is not None
    }


def assert_recomputation_changes_no_gradient(
    make: Callable[..., Any], collate: Callable[[Any], Any]
) -> None:
    """Dropout included, which is drawn anew when activations are."""
    kept, computed = make(), make(recompute=True)
    first, second = (gradients(learner, collate(learner)) for learner in (kept, computed))
    assert first.keys() == second.keys()
    assert any(bool(values.abs().max() > 0) for values in first.values())
    for name, values in first.items():
        torch.testing.assert_close(second[name], values, msg=name)
    other = gradients(make(), collate(kept), seed=5)
    assert any(not torch.equal(values, first[name]) for name, values in other.items())


def _close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
