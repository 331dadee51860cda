"""A late-interaction step's loss and gradients are those of sentence-transformers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import MultiVectorEncoder
from sentence_transformers.multi_vector_encoder import losses

from arir.models.batches import Lists
from arir.train.kernels import make_kernel
from arir.train.objectives import ContrastObjective, ListObjective
from tests.tiny import make_late_interaction
from tests.train.objectives.world import (
    LABELS,
    assert_same_loss_and_gradients,
    collated,
    columns,
    late_interaction,
    lists,
)


@pytest.fixture(scope="module", params=["none", "fixed", "attended"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models without query expansion, and with each kind of it."""
    return make_late_interaction(tmp_path_factory.mktemp("late"), expansion=request.param)


def reference(
    folder: Path, loss: Any, examples: Lists, labels: Any, **settings: Any
) -> tuple[torch.Tensor, torch.nn.Module]:
    model = MultiVectorEncoder(str(folder), device="cpu").eval()
    queries, *passages = columns(examples)
    features = [model.preprocess(queries, task="query")]
    features += [model.preprocess(texts, task="document") for texts in passages]
    value: torch.Tensor = loss(model, **settings)(features, labels)
    return value, model


def test_margins_equal_multi_vector_margin_mse_loss(folder: Path) -> None:
    learner = late_interaction(folder)
    examples = lists()
    mine = ListObjective(learner, make_kernel("margin-mse"))(collated(learner, examples))
    labels = torch.from_numpy(LABELS)
    theirs = reference(folder, losses.MultiVectorMarginMSELoss, examples, labels)
    assert_same_loss_and_gradients((mine, learner.model), theirs)


@pytest.mark.parametrize(("student", "teacher"), [(1.0, 1.0), (2.0, 0.5)])
def test_kl_equals_multi_vector_distill_kl_div_loss(
    folder: Path, student: float, teacher: float
) -> None:
    learner = late_interaction(folder)
    examples = lists()
    kernel = make_kernel("kl", student, teacher)
    mine = student**2 * ListObjective(learner, kernel)(collated(learner, examples))
    theirs = reference(
        folder,
        losses.MultiVectorDistillKLDivLoss,
        examples,
        torch.from_numpy(LABELS),
        student_temperature=student,
        teacher_temperature=teacher,
    )
    assert_same_loss_and_gradients((mine, learner.model), theirs)


@pytest.mark.parametrize("nway", [1, 2])
@pytest.mark.parametrize("recompute", [False, True])
def test_contrast_equals_multi_vector_multiple_negatives_ranking_loss(
    folder: Path, nway: int, recompute: bool
) -> None:
    learner = late_interaction(folder, recompute=recompute)
    examples = lists(nway)
    mine = ContrastObjective(learner, 1.0)(collated(learner, examples, in_batch=True))
    loss = losses.MultiVectorMultipleNegativesRankingLoss
    theirs = reference(folder, loss, examples, None)
    assert_same_loss_and_gradients((mine, learner.model), theirs)
