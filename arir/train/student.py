"""The student before its training: an existing model, or a new one made from the training texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from arir.errors import ConfigError, ModelError
from arir.models.folders import OFFSET_POSITIONS
from arir.models.registry import find_model
from arir.models.spec import ModelSpec
from arir.text import get_profile
from arir.train.config import NEW, TrainConfig
from arir.train.triples import Triples

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

__all__ = ["make_student", "open_student", "plan_student", "prepared_texts"]

NEW_QUERY_LENGTH = 64
NEW_PASSAGE_LENGTH = 128


def plan_student(config: TrainConfig) -> ModelSpec:
    """The settings that the trained student will have; nothing is loaded.

    Raises:
        ConfigError: for an unknown profile.
        ModelError: for an unknown model, or one that is no bi-encoder.
    """
    base = _new_spec() if config.student == NEW else find_model(config.student)
    if base.family != "bi-encoder":
        fix = "start from a bi-encoder or a plain encoder"
        raise ModelError(f"{config.student} is a {base.family}", fix=fix)
    spec = replace(
        base,
        similarity=config.similarity,
        query_length=config.query_length or base.query_length,
        passage_length=config.passage_length or base.passage_length,
        profile=config.profile or base.profile,
    )
    get_profile(spec.profile)
    return spec


def _new_spec() -> ModelSpec:
    return ModelSpec(
        name=NEW,
        family="bi-encoder",
        pooling="mean",
        similarity="dot",
        query_length=NEW_QUERY_LENGTH,
        passage_length=NEW_PASSAGE_LENGTH,
        profile="lucene",
    )


def open_student(
    config: TrainConfig, spec: ModelSpec, device: torch.device
) -> SentenceTransformer | None:
    """Open an existing student on the device; ``None`` for a new one, which needs texts first.

    Raises:
        ConfigError: where a length goes beyond the student's positions.
        ModelError: where it cannot be fetched or opened.
    """
    if config.student == NEW:
        return None
    from arir.models.bi_encoder.model import open_bi_encoder
    from arir.models.hub import fetch_model

    model = open_bi_encoder(spec, fetch_model(spec), device)
    _check_lengths(model, spec)
    return model


def _check_lengths(model: SentenceTransformer, spec: ModelSpec) -> None:
    body: Any = model[0].model
    positions = getattr(body.config, "max_position_embeddings", None)
    longest = max(spec.query_length or 0, spec.passage_length or 0)
    if not isinstance(positions, int) or positions <= 0:
        return
    if body.config.model_type in OFFSET_POSITIONS:
        positions -= body.config.pad_token_id + 1
    if longest > positions:
        fix = "lower --query-length and --passage-length"
        raise ConfigError(f"{spec.name} reads {positions} tokens at most, not {longest}", fix=fix)


def prepared_texts(triples: Triples, spec: ModelSpec) -> tuple[list[str], list[str]]:
    """Queries and passages as the student reads them: normalised, then prefixed."""
    normalise = get_profile(spec.profile)
    queries = [spec.query_prefix + normalise(text) for text in triples.queries]
    passages = [spec.passage_prefix + normalise(text) for text in triples.passages]
    return queries, passages


def make_student(
    config: TrainConfig, spec: ModelSpec, texts: Sequence[str], device: torch.device
) -> SentenceTransformer:
    """Make a new student whose vocabulary is learned from the training texts."""
    from arir.models.bi_encoder.student import StudentShape, new_student

    wishes = {
        "vocabulary_size": config.vocabulary_size,
        "layers": config.layers,
        "width": config.width,
        "heads": config.heads,
        "max_length": max(spec.query_length or 0, spec.passage_length or 0),
    }
    shape = StudentShape(**{key: value for key, value in wishes.items() if value is not None})
    return new_student(texts, shape, profile=spec.profile, seed=config.seed).to(device)
