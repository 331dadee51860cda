"""A cross-encoder in training scores as it does in search, whatever the batch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from arir.models.batches import Lists
from arir.models.cross_encoder.batches import PairCollator
from arir.models.cross_encoder.learner import CrossEncoderLearner
from arir.models.cross_encoder.model import new_cross_encoder, open_cross_encoder
from arir.models.folders import spec_from_folder
from arir.models.protocols import Candidate
from arir.models.token_store import tokenise_texts
from tests.models import learners
from tests.tiny import make_cross_encoder

CPU = torch.device("cpu")
LENGTH = 40


@pytest.fixture(scope="module", params=[("bert", 1), ("electra", 2), ("xlmr", 1)])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Models of each architecture, with one label and with two."""
    architecture, labels = request.param
    return make_cross_encoder(tmp_path_factory.mktemp("cross"), architecture, labels=labels)


def opened(folder: Path, **settings: Any) -> CrossEncoderLearner:
    learner = CrossEncoderLearner(open_cross_encoder(folder, CPU), **settings)
    learner.eval()
    return learner


def collate(
    learner: CrossEncoderLearner,
    rows: Any = range(5),
    *,
    budget: int = 128,
    examples: Lists | None = None,
) -> dict[str, Any]:
    stores = [
        tokenise_texts(learner.tokenizer, texts, LENGTH, special=False)
        for texts in (learners.QUERIES, learners.PASSAGES)
    ]
    given = learners.lists() if examples is None else examples
    return PairCollator(given, *stores, learner.tokenizer, LENGTH, budget)(rows)


def test_how_a_batch_is_put_together_changes_no_score(folder: Path) -> None:
    learner = opened(folder)
    learners.assert_batches_change_no_score(learner, partial(collate, learner))
    learners.assert_passages_of_an_example_may_come_in_any_order(learner, partial(collate, learner))


def test_the_scale_is_a_factor_on_every_score(folder: Path) -> None:
    learners.assert_the_scale_is_a_factor(partial(opened, folder), collate)


def test_recomputed_activations_give_the_same_gradients(folder: Path) -> None:
    learners.assert_recomputation_changes_no_gradient(partial(opened, folder), collate)


def test_the_reranker_scores_as_the_learner_trains(folder: Path) -> None:
    learner = opened(folder)
    spec = spec_from_folder(folder, name="student")
    spec = replace(spec, profile="none", pair_length=LENGTH)
    with torch.inference_mode():
        trained = learner.list_scores(collate(learner))
    for row, (query, passages) in enumerate(learners.ROWS):
        candidates = [Candidate(str(p), learners.PASSAGES[p]) for p in passages]
        ranked = learner.reranker(spec).rerank(learners.QUERIES[query], candidates)
        scores = {item.docid: item.score for item in ranked}
        expected = [scores[str(passage)] for passage in passages]
        np.testing.assert_allclose(trained[row], expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("source", ["tiny_bert", "tiny_electra", "tiny_bi_encoder"])
def test_a_new_head_is_the_seeds_alone(request: pytest.FixtureRequest, source: str) -> None:
    folder = request.getfixturevalue(source)
    first, again, other = (new_cross_encoder(folder, CPU, seed=seed).model for seed in (1, 1, 2))
    for name, values in first.state_dict().items():
        assert torch.equal(values, again.state_dict()[name]), name
    differing = {
        name
        for name, values in first.state_dict().items()
        if not torch.equal(values, other.state_dict()[name])
    }
    assert differing
    assert not any("encoder" in name or "embeddings" in name for name in differing)
