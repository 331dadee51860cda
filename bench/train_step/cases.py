"""The trainings that are compared: each family and loss, and what the data is like."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import sentence_transformers as st
from numpy.typing import NDArray
from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss
from sentence_transformers.multi_vector_encoder.losses import MultiVectorDistillKLDivLoss
from sentence_transformers.sentence_transformer.losses import (
    CachedMultipleNegativesRankingLoss,
    MarginMSELoss,
    MSELoss,
    MultipleNegativesRankingLoss,
)

from arir.models.batches import InBatchCollator, ListCollator, Lists, pass_budget
from arir.models.bi_encoder.learner import BiEncoderLearner
from arir.models.bi_encoder.model import open_bi_encoder
from arir.models.cross_encoder.batches import PairCollator
from arir.models.cross_encoder.learner import CrossEncoderLearner
from arir.models.cross_encoder.model import open_cross_encoder
from arir.models.late_interaction.learner import LateInteractionLearner
from arir.models.late_interaction.model import open_late_interaction
from arir.models.token_store import tokenise_texts
from arir.train.bitext_batches import BitextCollator
from arir.train.bitext_objectives import VectorObjective
from arir.train.config import BitextConfig
from arir.train.kernels import make_kernel
from arir.train.objectives import ContrastObjective, ListObjective
from bench.encode import MAX_LENGTH
from bench.train_step.case import Case, Prepared
from bench.train_step.material import Material
from bench.train_step.texts import draw_bitext

__all__ = ["CASES"]

#: passages of a list
WAYS = 6
TEMPERATURE = 0.05
BI = (st.SentenceTransformerTrainer, st.SentenceTransformerTrainingArguments)
CROSS = (st.CrossEncoderTrainer, st.CrossEncoderTrainingArguments)
LATE = (st.MultiVectorEncoderTrainer, st.MultiVectorEncoderTrainingArguments)


def margins(material: Material) -> Case:
    """Every triple has texts of its own, as random ones of MS MARCO do."""
    count = material.scale.batch * material.scale.steps
    order = np.arange(count)
    passages = np.stack([2 * order, 2 * order + 1], axis=1)
    return _margins("MarginMSE", material, order, passages)


def shared_margins(material: Material) -> Case:
    """Eight negatives a query, all from among few passages, as mined ones are."""
    count = material.scale.batch * material.scale.steps
    draw = np.random.default_rng(0)
    query = np.arange(count) // 8
    passages = np.stack([query, draw.integers(0, count // 4, count)], axis=1)
    return _margins("MarginMSE, 8 triples a query", material, query, passages)


def _margins(
    title: str, material: Material, query: NDArray[np.int64], passages: NDArray[np.int64]
) -> Case:
    lists = Lists(query.astype(np.int32), passages.astype(np.int32), _scores(passages.shape))

    def prepare(learner: BiEncoderLearner) -> Prepared:
        texts = material.tokens(learner.tokenizer)
        collator = ListCollator(lists, *texts, learner.tokenizer, pass_budget(material.device))
        return ListObjective(learner, make_kernel("margin-mse")), collator

    return Case(
        title=f"bi-encoder, {title}",
        unit="triples",
        batch=material.scale.batch,
        columns=material.columns(lists, label=lists.labels),
        arir=partial(_bi_learner, material),
        prepare=prepare,
        plain=partial(_bi_encoder, material),
        trainer=BI,
        loss=MarginMSELoss,
    )


def contrast(material: Material) -> Case:
    """In-batch negatives."""
    batch, steps = 2 * material.scale.batch, material.scale.steps
    return _contrast("InfoNCE", material, batch, steps, MultipleNegativesRankingLoss)


def recomputed(material: Material) -> Case:
    """A batch so large that activations are not kept: the gradient cache on both sides."""
    batch, steps = 3 * material.scale.batch, (material.scale.steps + 1) // 2
    loss = CachedMultipleNegativesRankingLoss
    return _contrast("InfoNCE, activations recomputed", material, batch, steps, loss, computed=2)


def _contrast(
    title: str, material: Material, batch: int, steps: int, loss: Any, computed: int = 1
) -> Case:
    order = np.arange(batch * steps, dtype=np.int32)
    lists = Lists(order, order[:, None], np.zeros((len(order), 1), np.float32))

    def prepare(learner: BiEncoderLearner) -> Prepared:
        texts, budget = material.tokens(learner.tokenizer), pass_budget(material.device)
        collator = InBatchCollator(lists, *texts, learner.tokenizer, budget, relevant={})
        return ContrastObjective(learner, TEMPERATURE), collator

    return Case(
        title=f"bi-encoder, {title}",
        unit="pairs",
        batch=batch,
        columns=material.columns(lists),
        arir=partial(_bi_learner, material, similarity="cosine", recompute=computed > 1),
        prepare=prepare,
        plain=partial(_bi_encoder, material),
        trainer=BI,
        loss=partial(loss, scale=1 / TEMPERATURE),
        computed=computed,
    )


def bitext(material: Material) -> Case:
    """The teacher's vectors are computed beforehand, for both."""
    batch = 2 * material.scale.batch
    count = batch * material.scale.steps
    english, arabic = draw_bitext(count)
    order = np.arange(count)
    vectors = np.random.default_rng(0).normal(size=(count, material.scale.width))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    config = BitextConfig(
        output=Path("student"),
        student="bi",
        # The files are not read here.
        bitext=(Path("bitext.tsv"),),
        teacher=(Path("teacher"),),
        embedding_mse=1.0,
    )

    def prepare(learner: BiEncoderLearner) -> Prepared:
        tokenizer, budget = learner.tokenizer, pass_budget(material.device)
        sources, targets = (
            tokenise_texts(tokenizer, texts, MAX_LENGTH) for texts in (english, arabic)
        )
        collator = BitextCollator(
            sources, targets, order, order, tokenizer, budget, with_source=True, vectors=[vectors]
        )
        return VectorObjective(learner, config), collator

    return Case(
        title="bi-encoder, embedding MSE on bitext",
        unit="pairs",
        batch=batch,
        columns={"english": english, "arabic": arabic, "label": vectors.tolist()},
        arir=partial(_bi_learner, material),
        prepare=prepare,
        plain=partial(_bi_encoder, material),
        trainer=BI,
        loss=MSELoss,
    )


def pairs(material: Material) -> Case:
    """A query with one passage and the probability that it is relevant."""
    count = 2 * material.scale.batch * material.scale.steps
    order = np.arange(count, dtype=np.int32)
    labels = np.random.default_rng(0).random((count, 1), dtype=np.float32)
    lists = Lists(order // 2, order[:, None], labels)

    def prepare(learner: CrossEncoderLearner) -> Prepared:
        texts = material.tokens(learner.tokenizer, special=False)
        collator = PairCollator(
            lists, *texts, learner.tokenizer, MAX_LENGTH, pass_budget(material.device)
        )
        return ListObjective(learner, make_kernel("bce")), collator

    def learner() -> CrossEncoderLearner:
        model = open_cross_encoder(material.folder / "cross", material.device)
        return CrossEncoderLearner(model)

    return Case(
        title="cross-encoder, BCE",
        unit="pairs",
        batch=2 * material.scale.batch,
        columns=material.columns(lists, label=labels[:, 0]),
        arir=learner,
        prepare=prepare,
        plain=lambda: st.CrossEncoder(
            str(material.folder / "cross"), device=str(material.device), max_length=MAX_LENGTH
        ),
        trainer=CROSS,
        loss=BinaryCrossEntropyLoss,
    )


def lists(material: Material) -> Case:
    """The passages of a list are its own."""
    batch = material.scale.batch // 4
    count = batch * material.scale.steps
    places = np.arange(count * WAYS, dtype=np.int32).reshape(count, WAYS) % len(material.passages)
    lists = Lists(np.arange(count, dtype=np.int32), places, _scores(places.shape))

    def prepare(learner: LateInteractionLearner) -> Prepared:
        texts, budget = material.tokens(learner.tokenizer), pass_budget(material.device)
        collator = ListCollator(lists, *texts, learner.tokenizer, budget, apart=True)
        return ListObjective(learner, make_kernel("kl")), collator

    def learner() -> LateInteractionLearner:
        folder = material.folder / "late"
        return LateInteractionLearner(
            open_late_interaction(material.spec("late"), folder, material.device)
        )

    return Case(
        title=f"late interaction, KL of {WAYS}",
        unit="lists",
        batch=batch,
        columns=material.columns(lists, label=lists.labels),
        arir=learner,
        prepare=prepare,
        plain=lambda: st.MultiVectorEncoder(
            str(material.folder / "late"), device=str(material.device)
        ),
        trainer=LATE,
        loss=MultiVectorDistillKLDivLoss,
    )


def _bi_learner(material: Material, **settings: Any) -> BiEncoderLearner:
    spec, folder = material.spec("bi"), material.folder / "bi"
    return BiEncoderLearner(open_bi_encoder(spec, folder, material.device), **settings)


def _bi_encoder(material: Material) -> st.SentenceTransformer:
    model = st.SentenceTransformer(str(material.folder / "bi"), device=str(material.device))
    model.max_seq_length = MAX_LENGTH
    return model


def _scores(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """What a teacher might have said."""
    return np.random.default_rng(1).normal(2, 1, shape).astype(np.float32)


CASES = {
    "margins": margins,
    "shared-margins": shared_margins,
    "contrast": contrast,
    "recompute": recomputed,
    "bitext": bitext,
    "cross-encoder": pairs,
    "late-interaction": lists,
}
