"""A step's loss and gradients are those of sentence-transformers on the same texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from sentence_transformers.util import pairwise_cos_sim, pairwise_dot_score

from arir.models.batches import Lists
from arir.train.kernels import make_kernel
from arir.train.objectives import ContrastObjective, ListObjective
from tests.train.objectives.world import (
    LABELS,
    assert_same_loss_and_gradients,
    bi_encoder,
    collated,
    columns,
    lists,
)


@pytest.fixture(scope="module", params=["tiny_bi_encoder", "tiny_cosine_encoder"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def reference(
    folder: Path, loss: Any, examples: Lists, labels: torch.Tensor | None, **settings: Any
) -> tuple[torch.Tensor, torch.nn.Module]:
    model = SentenceTransformer(str(folder), device="cpu").eval()
    features = [model.preprocess(texts) for texts in columns(examples)]
    value: torch.Tensor = loss(model, **settings)(features, labels)
    return value, model


@pytest.mark.parametrize("nway", [2, 3])
def test_margins_equal_margin_mse_loss(folder: Path, nway: int) -> None:
    learner = bi_encoder(folder)
    examples = lists(nway)
    batch = collated(learner, examples)
    mine = ListObjective(learner, make_kernel("margin-mse"))(batch)
    labels = torch.from_numpy(LABELS[:, :nway])
    margins = labels[:, :1] - labels[:, 1:]
    theirs = reference(folder, losses.MarginMSELoss, examples, margins.squeeze(1))
    assert_same_loss_and_gradients((mine, learner.model), theirs)


def test_cosine_margins_equal_margin_mse_loss_on_scaled_cosines(folder: Path) -> None:
    learner = bi_encoder(folder, similarity="cosine", scale=20.0)
    examples = lists(2)
    mine = ListObjective(learner, make_kernel("margin-mse"))(collated(learner, examples))
    margins = torch.from_numpy(LABELS[:, 0] - LABELS[:, 1])

    def scaled(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return 20.0 * pairwise_cos_sim(left, right)

    theirs = reference(folder, losses.MarginMSELoss, examples, margins, similarity_fct=scaled)
    assert_same_loss_and_gradients((mine, learner.model), theirs)


@pytest.mark.parametrize(("student", "teacher"), [(1.0, 1.0), (2.0, 0.5), (0.7, 3.0)])
def test_kl_equals_distill_kl_div_loss_but_for_its_square_of_the_temperature(
    folder: Path, student: float, teacher: float
) -> None:
    """sentence-transformers multiplies by the student's temperature squared (Hinton et al.).

    PLAID-X does not, and neither does the engine.
    """
    learner = bi_encoder(folder)
    examples = lists()
    kernel = make_kernel("kl", student, teacher)
    mine = student**2 * ListObjective(learner, kernel)(collated(learner, examples))
    theirs = reference(
        folder,
        losses.DistillKLDivLoss,
        examples,
        torch.from_numpy(LABELS),
        similarity_fct=pairwise_dot_score,
        student_temperature=student,
        teacher_temperature=teacher,
    )
    assert_same_loss_and_gradients((mine, learner.model), theirs)


@pytest.mark.parametrize("nway", [1, 3])
@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_contrast_equals_multiple_negatives_ranking_loss(
    folder: Path, nway: int, temperature: float
) -> None:
    learner = bi_encoder(folder, similarity="cosine")
    examples = lists(nway)
    batch = collated(learner, examples, in_batch=True)
    mine = ContrastObjective(learner, temperature)(batch)
    loss = losses.MultipleNegativesRankingLoss
    theirs = reference(folder, loss, examples, None, scale=1 / temperature)
    assert_same_loss_and_gradients((mine, learner.model), theirs)


def test_symmetric_contrast_equals_the_symmetric_loss(folder: Path) -> None:
    learner = bi_encoder(folder, similarity="cosine")
    examples = lists(1)
    batch = collated(learner, examples, in_batch=True)
    mine = ContrastObjective(learner, 0.05, symmetric=True)(batch)
    theirs = reference(
        folder,
        losses.MultipleNegativesRankingLoss,
        examples,
        None,
        scale=20,
        directions=("query_to_doc", "doc_to_query"),
        partition_mode="per_direction",
    )
    assert_same_loss_and_gradients((mine, learner.model), theirs)


def test_cached_gradients_are_those_of_the_cached_loss(folder: Path) -> None:
    learner = bi_encoder(folder, similarity="cosine", recompute=True)
    examples = lists()
    batch = collated(learner, examples, in_batch=True, budget=20)
    assert len(batch["groups"]) > 2
    mine = ContrastObjective(learner, 0.05)(batch)
    loss = losses.CachedMultipleNegativesRankingLoss
    model = SentenceTransformer(str(folder), device="cpu").eval()
    features = [model.preprocess(texts) for texts in columns(examples)]
    value = loss(model, scale=20, mini_batch_size=2)(features, torch.empty(0))
    assert_same_loss_and_gradients((mine, learner.model), (value, model))


def test_the_contrast_beside_a_list_loss_is_added_with_its_weight(folder: Path) -> None:
    learner = bi_encoder(folder, similarity="cosine", scale=20.0)
    batch = collated(learner, lists(), in_batch=True)
    kernel = make_kernel("kl")
    both = ListObjective(learner, kernel, in_batch_weight=0.25)(batch)
    alone = ListObjective(learner, kernel)(batch)
    contrast = ContrastObjective(bi_encoder(folder, similarity="cosine"), 0.05)(batch)
    torch.testing.assert_close(both, alone + 0.25 * contrast)
