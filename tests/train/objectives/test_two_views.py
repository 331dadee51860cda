"""Single vectors and token vectors of a bi-encoder, which learn from the same batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir.train.objectives import ContrastObjective, TwoViewsObjective
from tests.train.objectives.world import PASSAGES, QUERIES, ROWS, bi_encoder, collated, lists

TEMPERATURE = 0.1


def plain_scores(folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """Both similarities of every query with every passage, text by text, without padding."""
    model = SentenceTransformer(str(folder), device="cpu").eval()

    def encode(text: str) -> tuple[torch.Tensor, torch.Tensor]:
        outputs = model(model.preprocess([text]))
        vectors = outputs["sentence_embedding"][0], outputs["token_embeddings"][0]
        return tuple(torch.nn.functional.normalize(vector, dim=-1) for vector in vectors)  # type: ignore[return-value]

    with torch.no_grad():
        queries = [encode(QUERIES[query]) for query, _ in ROWS]
        passages = [encode(PASSAGES[place]) for place in sorted(p for _, own in ROWS for p in own)]
        single = torch.stack([q for q, _ in queries]) @ torch.stack([p for p, _ in passages]).T
        tokens = [[(q @ p.T).max(1).values.mean() for _, p in passages] for _, q in queries]
    return single, torch.tensor(tokens)


def test_both_similarities_are_those_of_texts_alone(tiny_cosine_encoder: Path) -> None:
    learner = bi_encoder(tiny_cosine_encoder, similarity="cosine")
    batch = collated(learner, lists(), in_batch=True)
    with torch.no_grad():
        found = learner.two_views(batch)
    for mine, alone in zip(found, plain_scores(tiny_cosine_encoder), strict=True):
        assert torch.allclose(mine, alone, atol=1e-5)


@pytest.mark.parametrize("budget", [16, 64, 1024])
def test_the_loss_is_the_weighted_sum_of_its_parts(tiny_cosine_encoder: Path, budget: int) -> None:
    learner = bi_encoder(tiny_cosine_encoder, similarity="cosine")
    batch = collated(learner, lists(), in_batch=True, budget=budget)
    single, tokens = plain_scores(tiny_cosine_encoder)
    positives = batch["positives"]
    contrast = [
        torch.nn.functional.cross_entropy(view / TEMPERATURE, positives)
        for view in (single, tokens)
    ]
    teacher = ((single + tokens) / 2 / TEMPERATURE).softmax(1)
    student = (single / TEMPERATURE).log_softmax(1)
    divergence = (teacher * (teacher.log() - student)).sum(1).mean()
    expected = contrast[0] + 0.5 * contrast[1] + 2 * divergence
    loss = TwoViewsObjective(learner, TEMPERATURE, 0.5, 2.0)(batch)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)


def test_without_weights_it_is_contrast(tiny_cosine_encoder: Path) -> None:
    learner = bi_encoder(tiny_cosine_encoder, similarity="cosine")
    batch = collated(learner, lists(), in_batch=True)
    losses = [
        objective(batch).item()
        for objective in (
            TwoViewsObjective(learner, TEMPERATURE, 0.0, 0.0),
            ContrastObjective(learner, TEMPERATURE),
        )
    ]
    assert losses[0] == pytest.approx(losses[1], rel=1e-6)


def test_what_answers_a_query_too_is_no_negative_of_either_view(tiny_cosine_encoder: Path) -> None:
    learner = bi_encoder(tiny_cosine_encoder, similarity="cosine")
    other = ROWS[1][1][0]
    objective = TwoViewsObjective(learner, TEMPERATURE, 1.0, 1.0)
    plain, relieved = (
        objective(collated(learner, lists(), in_batch=True, relevant=relevant)).item()
        for relevant in ({}, {ROWS[0][0]: frozenset({other})})
    )
    assert relieved < plain


def test_a_passage_alone_teaches_nothing(tiny_cosine_encoder: Path) -> None:
    learner = bi_encoder(tiny_cosine_encoder, similarity="cosine")
    batch = collated(learner, lists(nway=1), in_batch=True, rows=[0])
    assert TwoViewsObjective(learner, TEMPERATURE, 1.0, 1.0)(batch).item() == 0
