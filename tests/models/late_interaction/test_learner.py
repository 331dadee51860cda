"""A late-interaction model in training scores as it does in search, whatever the batch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arir.models.batches import InBatchCollator, ListCollator, Lists
from arir.models.folders import spec_from_folder
from arir.models.late_interaction.learner import LateInteractionLearner
from arir.models.late_interaction.model import open_late_interaction
from arir.models.protocols import Candidate
from arir.models.token_store import tokenise_texts
from tests.models import learners
from tests.tiny import make_late_interaction


@pytest.fixture(scope="module", params=["none", "fixed", "attended"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models without query expansion, and with each kind of it."""
    return make_late_interaction(tmp_path_factory.mktemp("late"), expansion=request.param)


def opened(folder: Path, **settings: Any) -> LateInteractionLearner:
    spec = replace(spec_from_folder(folder, name="student"), profile="none")
    model = open_late_interaction(spec, folder, torch.device("cpu"))
    learner = LateInteractionLearner(model, **settings)
    learner.eval()
    return learner


def collate(
    learner: LateInteractionLearner,
    rows: Any = range(5),
    *,
    budget: int = 64,
    examples: Lists | None = None,
    collator: Any = ListCollator,
    **more: Any,
) -> dict[str, Any]:
    stores = [
        tokenise_texts(learner.tokenizer, texts, length)
        for texts, length in ((learners.QUERIES, 24), (learners.PASSAGES, 32))
    ]
    given = learners.lists() if examples is None else examples
    return collator(given, *stores, learner.tokenizer, budget, apart=True, **more)(rows)


def test_how_a_batch_is_put_together_changes_no_score(folder: Path) -> None:
    learner = opened(folder)
    learners.assert_batches_change_no_score(learner, partial(collate, learner))
    learners.assert_passages_of_an_example_may_come_in_any_order(learner, partial(collate, learner))


def test_the_scale_is_a_factor_on_every_score(folder: Path) -> None:
    learners.assert_the_scale_is_a_factor(partial(opened, folder), collate)


def test_recomputed_activations_give_the_same_gradients(folder: Path) -> None:
    learners.assert_recomputation_changes_no_gradient(partial(opened, folder), collate)


def test_in_batch_scores_hold_the_lists_own_scores(folder: Path) -> None:
    learner = opened(folder, scale=2.0)
    batch = collate(learner, collator=InBatchCollator, relevant={})
    with torch.inference_mode():
        own, everyone = learner.in_batch_scores(batch)
        torch.testing.assert_close(own, learner.list_scores(batch))
        columns = {place: at for at, place in enumerate(batch["candidates"].tolist())}
        for row in range(5):
            for at, place in enumerate(batch["passages"][row].tolist()):
                torch.testing.assert_close(everyone[row, columns[place]], own[row, at])


def test_padding_is_masked_and_vectors_are_of_unit_length(folder: Path) -> None:
    learner = opened(folder)
    with torch.inference_mode():
        vectors, mask = learner.token_vectors(collate(learner)["groups"])
    lengths = torch.linalg.vector_norm(vectors, dim=-1)[mask]
    torch.testing.assert_close(lengths, torch.ones_like(lengths))
    assert not mask.all()


def test_the_reranker_scores_as_the_learner_trains(folder: Path) -> None:
    learner = opened(folder)
    spec = replace(
        spec_from_folder(folder, name="student"),
        profile="none",
        query_length=24,
        passage_length=32,
    )
    with torch.inference_mode():
        trained = learner.list_scores(collate(learner))
    for row, (query, passages) in enumerate(learners.ROWS):
        candidates = [Candidate(str(p), learners.PASSAGES[p]) for p in passages]
        ranked = learner.reranker(spec).rerank(learners.QUERIES[query], candidates)
        scores = {item.docid: item.score for item in ranked}
        expected = [scores[str(passage)] for passage in passages]
        np.testing.assert_allclose(trained[row], expected, rtol=1e-4, atol=1e-4)
