"""Find the teacher, say what its scores are, and open it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from arir.config import to_dict
from arir.data.teacher import Teacher
from arir.errors import ConfigError, ModelError
from arir.models.fingerprint import fingerprint
from arir.models.folders import is_model_folder
from arir.models.hub import fetch_model, shelf
from arir.models.registry import HUB_ID, find_model
from arir.models.spec import ModelSpec
from arir.score_teacher.config import SEQ2SEQ_KINDS, ScoreTeacherConfig
from arir.score_teacher.scorers import ListScorer, PairReader, PairScorer, Scorer, VectorScorer
from arir.score_teacher.texts import PairTexts

__all__ = ["FoundTeacher", "find_teacher", "open_scorer"]

#: tokens that a sequence-to-sequence model reads where nothing says how many
DEFAULT_LENGTH = 512


@dataclass(frozen=True)
class FoundTeacher:
    """A teacher whose weights are not in memory yet.

    Attributes:
        spec: its settings; of a sequence-to-sequence model the name and the length of a pair.
        folder: where it lies.
        teacher: what a store says of it.
        identity: what decides over its scores; work of another identity is never mixed in.
    """

    spec: ModelSpec
    folder: Path
    teacher: Teacher
    identity: dict[str, Any]


def find_teacher(config: ScoreTeacherConfig) -> FoundTeacher:
    """Find the teacher, fetching it where it is not on this machine.

    Raises:
        ConfigError: for a sequence-to-sequence model of which it is not said how it scores.
        ModelError: where there is no such model.
    """
    if config.teacher_kind in SEQ2SEQ_KINDS:
        spec = _seq2seq_spec(config)
        folder = fetch_model(spec)
        family: str = config.teacher_kind
    else:
        spec = _spec(config.teacher)
        folder = fetch_model(spec)
        _refuse_seq2seq(folder)
        family = spec.family
    identity = {**to_dict(replace(spec, folder=None)), "weights": fingerprint(folder, spec)}
    identity.pop("name")
    return FoundTeacher(spec, folder, _described(config, spec, folder, family), identity)


def _spec(name: str) -> ModelSpec:
    local = _local(name)
    if local is not None:
        _refuse_seq2seq(local)
    return find_model(name)


def _refuse_seq2seq(folder: Path) -> None:
    from arir.models.seq2seq.model import is_seq2seq

    if is_seq2seq(folder):
        fix = f"say how it scores, with --teacher-kind {' or '.join(SEQ2SEQ_KINDS)}"
        raise ConfigError("is a sequence-to-sequence model", where=folder, fix=fix)


def _local(name: str) -> Path | None:
    folder = Path(name).expanduser()
    return folder if folder.is_dir() else shelf(name)


def _seq2seq_spec(config: ScoreTeacherConfig) -> ModelSpec:
    """Settings of a model that reads pairs, which none of the registry's entries has."""
    name, local = config.teacher, _local(config.teacher)
    if local is None and not HUB_ID.fullmatch(name):
        fix = "give a folder, or a hub id (org/model)"
        raise ModelError(f"no sequence-to-sequence model '{name}'", fix=fix)
    if local is not None and not is_model_folder(local):
        raise ModelError("the folder holds no model", where=local, fix="name a model's folder")
    length = config.max_length or DEFAULT_LENGTH
    hub_id = None if local is not None else name
    return ModelSpec(
        name=name, family="cross-encoder", pair_length=length, folder=local, hub_id=hub_id
    )


def _described(config: ScoreTeacherConfig, spec: ModelSpec, folder: Path, family: str) -> Teacher:
    scales = {
        "bi-encoder": spec.similarity,
        "cross-encoder": "logit",
        "late-interaction": "maxsim",
        "monot5": config.true_score or "log-probability",
        "query-generator": f"{'mean ' if config.likelihood == 'mean' else ''}log-likelihood",
    }
    same = config.query_language == config.passage_language
    # In the hub's cache a folder is called as its commit.
    commit = folder.name if folder.parent.name == "snapshots" else None
    return Teacher(
        name=spec.hub_id or spec.name,
        revision=spec.revision or commit,
        family=family,
        language=config.query_language if same else None,
        query_language=config.query_language,
        passage_language=config.passage_language,
        scale=scales[family],
        licence=config.licence or spec.licence,
    )


def open_scorer(
    found: FoundTeacher, config: ScoreTeacherConfig
) -> Callable[[PairTexts, Path], Scorer]:
    """Load the weights; what comes back takes the texts, and a folder for vectors.

    Raises:
        DependencyError: where the device is not there.
        ModelError: where the teacher cannot be opened.
    """
    if config.teacher_kind in SEQ2SEQ_KINDS:
        reader = _seq2seq_reader(found, config)
        return lambda texts, _: PairScorer(reader, texts)
    from arir.models.loading import load_encoder, load_late_encoder, load_reranker

    options: dict[str, Any] = {
        "device": config.device,
        "precision": config.precision,
        "batch_tokens": config.batch_tokens,
    }
    if found.spec.family == "bi-encoder":
        encoder = load_encoder(found.spec, **options)
        return lambda texts, folder: VectorScorer(encoder, texts, folder)
    if found.spec.family == "late-interaction":
        from arir.models.late_interaction.reranker import LateInteractionReranker

        late = load_late_encoder(found.spec, **options)
        return lambda texts, _: ListScorer(lambda: LateInteractionReranker(late), texts)
    pair_reader = load_reranker(config.teacher, **options)
    if not isinstance(pair_reader, PairReader):
        raise ModelError("reads no pairs of query and passage", where=config.teacher)
    return lambda texts, _: PairScorer(pair_reader, texts)


def _seq2seq_reader(found: FoundTeacher, config: ScoreTeacherConfig) -> PairReader:
    from arir.models.devices import choose_device, choose_dtype
    from arir.models.seq2seq.model import choose_seq2seq_precision, open_seq2seq
    from arir.models.seq2seq.query_generator import GENERATOR_PROMPT, QueryGeneratorScorer
    from arir.models.seq2seq.scorer import Answer, MonoT5Scorer

    device = choose_device(config.device)
    dtype = choose_dtype(choose_seq2seq_precision(config.precision, device), device)
    model = open_seq2seq(found.folder, device, dtype)
    length = found.spec.pair_length or DEFAULT_LENGTH
    if config.teacher_kind == "query-generator":
        return QueryGeneratorScorer(
            found.spec.name,
            model,
            length,
            prompt=config.prompt or GENERATOR_PROMPT,
            likelihood=config.likelihood or "sum",
            batch_tokens=config.batch_tokens,
        )
    scale: Literal["log-probability", "log-odds"] = config.true_score or "log-probability"
    plain = Answer()
    answer = Answer(
        config.prompt or plain.prompt,
        config.true_word or plain.true_word,
        config.false_word or plain.false_word,
        scale,
    )
    return MonoT5Scorer(found.spec.name, model, answer, length, config.batch_tokens)
