"""Losses on bitext are those of sentence-transformers, of POT, and of the papers' equations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import losses
from torch import Tensor
from torch.nn.functional import cross_entropy, kl_div, log_softmax, mse_loss, normalize

from arir.models.late_interaction.learner import LateInteractionLearner
from arir.models.token_store import tokenise_texts
from arir.train.bitext_batches import BitextCollator
from arir.train.bitext_objectives import TokenObjective, VectorObjective
from arir.train.config import BitextConfig
from arir.train.teacher_vectors import TeacherTokens
from tests.train.material import BITEXT
from tests.train.objectives.world import (
    assert_same_loss_and_gradients,
    bi_encoder,
    late_interaction,
)

ot = pytest.importorskip("ot", reason="needs POT, the reference solver")

PAIRS = len(BITEXT)
SOURCES = list(dict.fromkeys(source for source, _ in BITEXT))
TARGETS = [target for _, target in BITEXT]
SOURCE = np.array([SOURCES.index(source) for source, _ in BITEXT])
DRAW = np.random.default_rng(3)
#: vectors of the distinct English sentences by two teachers
TEACHERS = [DRAW.normal(size=(len(SOURCES), size)).astype(np.float32) for size in (32, 8)]


def config(**settings: Any) -> BitextConfig:
    given = {"student": "new", "output": "o", "bitext": "b.tsv", "teacher": "t"}
    return BitextConfig(**{**given, **settings})


def collated(learner: Any, budget: int = 64, source: bool = True, **taught: Any) -> dict[str, Any]:
    length = 24 if isinstance(learner, LateInteractionLearner) else 90
    stores = [tokenise_texts(learner.tokenizer, texts, length) for texts in (SOURCES, TARGETS)]
    places = np.arange(PAIRS)
    collator = BitextCollator(
        *stores, SOURCE, places, learner.tokenizer, budget, with_source=source, **taught
    )
    return collator(range(PAIRS))


def plain(folder: Path) -> tuple[SentenceTransformer, Tensor, Tensor]:
    """sentence-transformers' model, and its vectors of both sides of each pair."""
    model = SentenceTransformer(str(folder), device="cpu").eval()
    source, target = (
        model(dict(model.preprocess(list(side))))["sentence_embedding"]
        for side in zip(*BITEXT, strict=True)
    )
    return model, source, target


@pytest.mark.parametrize("source", [True, False])
def test_embedding_mse_equals_mse_loss(tiny_bi_encoder: Path, source: bool) -> None:
    learner = bi_encoder(tiny_bi_encoder)
    batch = collated(learner, source=source, vectors=TEACHERS[:1])
    objective = VectorObjective(learner, config(embedding_mse=1, similarity="dot"))
    model = SentenceTransformer(str(tiny_bi_encoder), device="cpu").eval()
    columns = list(zip(*BITEXT, strict=True))[0 if source else 1 :]
    features = [model.preprocess(list(side)) for side in columns]
    value = losses.MSELoss(model)(features, torch.from_numpy(TEACHERS[0][SOURCE]))
    assert_same_loss_and_gradients((objective(batch), learner.model), (value, model))


def test_a_student_of_cosines_learns_unit_vectors(tiny_bi_encoder: Path) -> None:
    """Otherwise a teacher whose vectors are longer could never be met."""
    learner = bi_encoder(tiny_bi_encoder, similarity="cosine")
    objective = VectorObjective(learner, config(embedding_mse=1))
    model, source, target = plain(tiny_bi_encoder)
    teacher = normalize(torch.from_numpy(TEACHERS[0][SOURCE]), dim=-1)
    sides = torch.stack([normalize(side, dim=-1) for side in (source, target)])
    theirs = mse_loss(sides, teacher.expand_as(sides))
    batch = collated(learner, vectors=TEACHERS[:1])
    assert_same_loss_and_gradients((objective(batch), learner.model), (theirs, model))


def test_cosine_distance_is_one_less_the_mean_cosine(tiny_bi_encoder: Path) -> None:
    learner = bi_encoder(tiny_bi_encoder)
    mine = VectorObjective(learner, config(cosine_distance=1))(
        collated(learner, vectors=TEACHERS[:1])
    )
    model, source, target = plain(tiny_bi_encoder)
    teacher = normalize(torch.from_numpy(TEACHERS[0][SOURCE]), dim=-1)
    cosines = [(normalize(side, dim=-1) * teacher).sum(dim=-1) for side in (source, target)]
    theirs = 1 - torch.cat(cosines).mean()
    assert_same_loss_and_gradients((mine, learner.model), (theirs, model))


@pytest.mark.parametrize("pooling", ["mean", "max", "min"])
def test_relational_kl_equals_the_equation_of_c2kd(tiny_bi_encoder: Path, pooling: Any) -> None:
    """KL(softmax(pooled / T) || softmax(student / T)) over rows, and over columns, added."""
    learner = bi_encoder(tiny_bi_encoder)
    settings = config(
        relational_kl=1, teacher=("a", "b"), pooling=pooling, relational_temperature=0.3
    )
    mine = VectorObjective(learner, settings)(collated(learner, vectors=TEACHERS))
    model, source, target = plain(tiny_bi_encoder)
    student = normalize(target, dim=-1) @ normalize(source, dim=-1).T / 0.3
    matrices = []
    for vectors in TEACHERS:
        unit = normalize(torch.from_numpy(vectors[SOURCE]), dim=-1)
        matrices.append(unit @ unit.T)
    stack = torch.stack(matrices)
    pooled = {"mean": stack.mean(0), "max": stack.amax(0), "min": stack.amin(0)}[pooling] / 0.3
    theirs = sum(
        kl_div(log_softmax(s, dim=1), t.softmax(dim=1), reduction="batchmean")
        for s, t in ((student, pooled), (student.T, pooled.T))
    )
    assert isinstance(theirs, Tensor)
    assert_same_loss_and_gradients((mine, learner.model), (theirs, model))


def test_contrast_finds_the_teachers_vector_and_spares_the_same_sentence(
    tiny_bi_encoder: Path,
) -> None:
    learner = bi_encoder(tiny_bi_encoder, similarity="cosine")
    settings = config(contrast=1, temperature=0.1)
    mine = VectorObjective(learner, settings)(collated(learner, vectors=TEACHERS[:1]))
    model, source, target = plain(tiny_bi_encoder)
    teacher = normalize(torch.from_numpy(TEACHERS[0][SOURCE]), dim=-1)
    twice = torch.from_numpy((SOURCE[:, None] == SOURCE) & ~np.eye(PAIRS, dtype=bool))
    assert twice.sum() == 2
    terms = [
        cross_entropy(
            (normalize(side, dim=-1) @ teacher.T / 0.1).masked_fill(twice, -torch.inf),
            torch.arange(PAIRS),
        )
        for side in (target, source)
    ]
    assert_same_loss_and_gradients((mine, learner.model), (torch.stack(terms).mean(), model))


def test_the_twin_finds_translations_in_both_directions(tiny_bi_encoder: Path) -> None:
    learner = bi_encoder(tiny_bi_encoder, similarity="cosine")
    settings = config(contrast=1, labels="hard", teacher=None)
    mine = VectorObjective(learner, settings)(collated(learner))
    model, source, target = plain(tiny_bi_encoder)
    twice = torch.from_numpy((SOURCE[:, None] == SOURCE) & ~np.eye(PAIRS, dtype=bool))
    scores = normalize(target, dim=-1) @ normalize(source, dim=-1).T / 0.05
    scores = scores.masked_fill(twice, -torch.inf)
    diagonal = torch.arange(PAIRS)
    theirs = (cross_entropy(scores, diagonal) + cross_entropy(scores.T, diagonal)) / 2
    assert_same_loss_and_gradients((mine, learner.model), (theirs, model))


def test_losses_are_added_with_their_weights(tiny_bi_encoder: Path) -> None:
    learner = bi_encoder(tiny_bi_encoder)
    batch = collated(learner, vectors=TEACHERS[:1])
    weights = {"embedding_mse": 2.0, "cosine_distance": 0.5, "relational_kl": 3.0, "contrast": 0.1}
    together = VectorObjective(learner, config(**weights))(batch)
    alone = [
        weight * VectorObjective(learner, config(**{key: 1}))(batch)
        for key, weight in weights.items()
    ]
    torch.testing.assert_close(together, torch.stack(alone).sum())


def teacher_tokens(dimension: int) -> TeacherTokens:
    """Token vectors of the distinct English sentences, of different lengths."""
    lengths = np.array([3 + at % 4 for at in range(len(SOURCES))])
    values = DRAW.normal(size=(lengths.sum(), dimension))
    values /= np.linalg.norm(values, axis=1, keepdims=True)
    ids = np.arange(lengths.sum()) % 11
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return TeacherTokens(values.astype(np.float16).reshape(-1), ids, offsets, dimension)


def token_cost(learner: Any, texts: list[str], tokens: TeacherTokens) -> list[NDArray[np.float64]]:
    """Cosine distances of the teacher's tokens and plain sentence-transformers' of each pair."""
    costs = []
    for source, text in zip(SOURCE, texts, strict=True):
        rows = slice(tokens.offsets[source], tokens.offsets[source + 1])
        teacher = tokens.values.reshape(-1, tokens.dimension)[rows].astype(np.float64)
        student = np.asarray(
            learner.model.encode_query([text], convert_to_numpy=True, show_progress_bar=False)[0],
            dtype=np.float64,
        )
        costs.append(1 - teacher @ student.T / np.linalg.norm(teacher, axis=1)[:, None])
    return costs


def test_transport_by_ipot_equals_pots_exact_solver(tiny_late_interaction: Path) -> None:
    learner = late_interaction(tiny_late_interaction)
    tokens = teacher_tokens(learner.dimension)
    objective = TokenObjective(learner, config(transport=1, solver="ipot", solver_steps=2000))
    loss = objective(collated(learner, tokens=tokens)).item()
    sides = [TARGETS, [SOURCES[at] for at in SOURCE]]
    exact = [
        ot.emd2([], [], cost) for texts in sides for cost in token_cost(learner, texts, tokens)
    ]
    assert loss == pytest.approx(np.mean(exact), abs=2e-3)


def test_transport_by_sinkhorn_equals_pots_sinkhorn(tiny_late_interaction: Path) -> None:
    learner = late_interaction(tiny_late_interaction)
    tokens = teacher_tokens(learner.dimension)
    objective = TokenObjective(
        learner, config(transport=1, solver="sinkhorn", epsilon=0.1, solver_steps=2000)
    )
    loss = objective(collated(learner, source=False, tokens=tokens)).item()
    plans = [
        ot.sinkhorn2([], [], cost, 0.1, method="sinkhorn_log", stopThr=1e-9, numItermax=5000)
        for cost in token_cost(learner, TARGETS, tokens)
    ]
    assert loss == pytest.approx(np.mean(plans), abs=2e-3)


def test_idf_marginals_weigh_both_sides(tiny_late_interaction: Path) -> None:
    learner = late_interaction(tiny_late_interaction)
    tokens = teacher_tokens(learner.dimension)
    batch = collated(learner, source=False, tokens=tokens)
    source_weights = torch.arange(1.0, 12.0)
    target_weights = torch.linspace(0.5, 2.0, len(learner.tokenizer))
    settings = config(transport=1, marginals="idf", solver_steps=2000)
    loss = TokenObjective(learner, settings, source_weights, target_weights)(batch).item()
    costs = token_cost(learner, TARGETS, tokens)
    exact = []
    for source, text, cost in zip(SOURCE, TARGETS, costs, strict=True):
        own = tokens.ids[tokens.offsets[source] : tokens.offsets[source + 1]]
        left = source_weights.numpy()[own].astype(np.float64)
        pieces = learner.tokenizer(text)["input_ids"]
        right = target_weights.numpy()[pieces].astype(np.float64)
        exact.append(ot.emd2(left / left.sum(), right / right.sum(), cost))
    assert loss == pytest.approx(np.mean(exact), abs=2e-3)


def mean_maxsim(left: list[Tensor], right: list[Tensor]) -> Tensor:
    return torch.tensor([[float((x @ y.T).amax(dim=1).mean()) for y in right] for x in left])


@pytest.mark.parametrize("hard", [False, True])
def test_contrast_of_late_interaction_is_that_of_mean_maxsim(
    tiny_late_interaction: Path, hard: bool
) -> None:
    learner = late_interaction(tiny_late_interaction)
    tokens = teacher_tokens(learner.dimension)
    given = {"labels": "hard", "teacher": None} if hard else {}
    settings = config(contrast=1, temperature=0.1, family="late-interaction", **given)
    batch = collated(learner, **({} if hard else {"tokens": tokens}))
    mine = TokenObjective(learner, settings)(batch)
    target, source = (
        [vectors.clone() for vectors in learner.model.encode_query(list(side))]
        for side in zip(*BITEXT, strict=True)
    )
    values = torch.from_numpy(tokens.values.astype(np.float32)).reshape(-1, tokens.dimension)
    teacher = [values[tokens.offsets[at] : tokens.offsets[at + 1]] for at in SOURCE]
    pairs = [(target, source), (source, target)] if hard else [(target, teacher), (source, teacher)]
    twice = torch.from_numpy((SOURCE[:, None] == SOURCE) & ~np.eye(PAIRS, dtype=bool))
    terms = [
        cross_entropy(
            (mean_maxsim(*pair) / 0.1).masked_fill(twice, -torch.inf), torch.arange(PAIRS)
        )
        for pair in pairs
    ]
    torch.testing.assert_close(mine, torch.stack(terms).mean(), rtol=1e-4, atol=1e-5)
