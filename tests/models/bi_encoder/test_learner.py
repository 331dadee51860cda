"""A bi-encoder in training scores as it does in search, whatever the batch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir.models.batches import InBatchCollator, ListCollator, Lists
from arir.models.bi_encoder.learner import BiEncoderLearner
from arir.models.folders import spec_from_folder
from arir.models.protocols import Candidate
from arir.models.token_store import tokenise_texts
from tests.models import learners


def collate(
    learner: BiEncoderLearner,
    rows: Any = range(5),
    *,
    budget: int = 64,
    apart: bool = False,
    examples: Lists | None = None,
) -> dict[str, Any]:
    stores = [
        tokenise_texts(learner.tokenizer, texts, 32)
        for texts in (learners.QUERIES, learners.PASSAGES)
    ]
    given = learners.lists() if examples is None else examples
    return ListCollator(given, *stores, learner.tokenizer, budget, apart=apart)(rows)


@pytest.fixture(scope="module", params=["tiny_bi_encoder", "tiny_cosine_encoder"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


def opened(folder: Path, **settings: Any) -> BiEncoderLearner:
    learner = BiEncoderLearner(SentenceTransformer(str(folder), device="cpu"), **settings)
    learner.eval()
    return learner


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
def test_how_a_batch_is_put_together_changes_no_score(folder: Path, similarity: Any) -> None:
    learner = opened(folder, similarity=similarity)
    learners.assert_batches_change_no_score(learner, partial(collate, learner))
    learners.assert_batches_change_no_score(learner, partial(collate, learner, apart=True))
    learners.assert_passages_of_an_example_may_come_in_any_order(learner, partial(collate, learner))


def test_the_scale_is_a_factor_on_every_score(folder: Path) -> None:
    learners.assert_the_scale_is_a_factor(partial(opened, folder), collate)


def test_recomputed_activations_give_the_same_gradients(folder: Path) -> None:
    learners.assert_recomputation_changes_no_gradient(partial(opened, folder), collate)


def test_cosines_are_those_of_the_vectors(folder: Path) -> None:
    dots, cosines = opened(folder), opened(folder, similarity="cosine")
    with torch.inference_mode():
        groups = collate(dots)["groups"]
        vectors = torch.nn.functional.normalize(dots.vectors(groups), dim=-1)
        torch.testing.assert_close(cosines.vectors(groups), vectors)


def test_in_batch_scores_hold_the_lists_own_scores(folder: Path) -> None:
    learner = opened(folder, similarity="cosine", scale=20.0)
    stores = [
        tokenise_texts(learner.tokenizer, texts, 32)
        for texts in (learners.QUERIES, learners.PASSAGES)
    ]
    batch = InBatchCollator(learners.lists(), *stores, learner.tokenizer, 64, relevant={})(range(5))
    with torch.inference_mode():
        own, everyone = learner.in_batch_scores(batch)
        torch.testing.assert_close(own, learner.list_scores(batch))
        columns = {place: at for at, place in enumerate(batch["candidates"].tolist())}
        for row in range(5):
            for at, place in enumerate(batch["passages"][row].tolist()):
                torch.testing.assert_close(everyone[row, columns[place]], own[row, at])


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
def test_the_reranker_scores_as_the_learner_trains(folder: Path, similarity: Any) -> None:
    learner = opened(folder, similarity=similarity)
    spec = replace(
        spec_from_folder(folder, name="student"),
        similarity=similarity,
        profile="none",
        query_length=32,
        passage_length=32,
    )
    with torch.inference_mode():
        trained = learner.list_scores(collate(learner))
    for row, (query, passages) in enumerate(learners.ROWS):
        candidates = [Candidate(str(p), learners.PASSAGES[p]) for p in dict.fromkeys(passages)]
        ranked = learner.reranker(spec).rerank(learners.QUERIES[query], candidates)
        scores = {item.docid: item.score for item in ranked}
        expected = [scores[str(passage)] for passage in passages]
        np.testing.assert_allclose(trained[row], expected, rtol=1e-3, atol=1e-3)
