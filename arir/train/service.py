"""``arir train``: check everything, join the data, train, and save the student."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from arir.artefacts import atomic_directory
from arir.artefacts.atomic import refuse_existing
from arir.data.collection import collection_files
from arir.data.teacher import Teacher, read_teacher
from arir.errors import ConfigError, DataError
from arir.models.spec import ModelSpec
from arir.train.config import TrainConfig
from arir.train.labels import check_margins, make_labels
from arir.train.student import make_student, open_student, plan_student, prepared_texts
from arir.train.triples import Triples, load_triples

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from arir.models.bi_encoder.trainer import LogEntry, Optimisation

__all__ = ["TrainReport", "train"]


@dataclass(frozen=True)
class TrainReport:
    """What a training did.

    Attributes:
        output: the folder of the student.
        triples: trained on.
        missing: rows of the teacher file that were left out because an id has no text.
        missing_queries: distinct query ids without a text.
        missing_passages: distinct passage ids without a text.
        held_out: queries that were kept from training.
        steps: of the optimiser.
        first_loss: mean loss up to the first entry of the log.
        last_loss: mean loss between its last two entries.
        seconds: spent on training, without reading, tokenising and saving.
    """

    output: Path
    triples: int
    missing: int
    missing_queries: int
    missing_passages: int
    held_out: int
    steps: int
    first_loss: float
    last_loss: float
    seconds: float


def train(config: TrainConfig) -> TrainReport:
    """Distil a bi-encoder from cached teacher scores, or train its NoKD twin.

    The output folder appears when the training has ended; an interrupted one leaves nothing.

    Raises:
        ConfigError: for settings that contradict each other or the student.
        DataError: for unusable data, or where nothing joins or nothing can be distilled.
        DependencyError: where the device is not there or has too little memory.
        ModelError: where the student cannot be opened or cannot read the texts, or diverges.
        OutputError: where the output exists or cannot be written.

    Warns:
        MissingTextWarning: where rows of the teacher file are left out for want of a text.
        TeacherScoreWarning: where the teacher's margins are too small to teach much.
    """
    spec, teacher = _checked(config)
    device = _device(config)
    student = open_student(config, spec, device)
    triples = load_triples(config)
    check_margins(triples.margins, config)
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        return _train_into(folder, config, spec, teacher, triples, student, device)


def _checked(config: TrainConfig) -> tuple[ModelSpec, Teacher]:
    """Find what can be found wrong before anything large is read."""
    refuse_existing(config.output, config.overwrite)
    collection_files(config.corpus)
    files = [config.teacher_scores, *config.topics]
    if config.held_out is not None and config.held_out_count is None:
        files.append(Path(str(config.held_out)))
    for file in files:
        if not file.is_file():
            raise DataError("no such file", where=file)
    return plan_student(config), read_teacher(config.teacher_scores)


def _device(config: TrainConfig) -> torch.device:
    from arir.models.devices import choose_device, choose_dtype

    device = choose_device(config.device)
    choose_dtype(config.precision, device)
    if config.precision == "fp16" and device.type != "cuda":
        fix = "use --precision bf16 or fp32"
        raise ConfigError(f"fp16 needs a CUDA device, and this is {device.type}", fix=fix)
    return device


def _train_into(
    folder: Path,
    config: TrainConfig,
    spec: ModelSpec,
    teacher: Teacher,
    triples: Triples,
    student: SentenceTransformer | None,
    device: torch.device,
) -> TrainReport:
    from arir.train.output import facts_of, write_student

    queries, passages = prepared_texts(triples, spec)
    model = student
    if model is None:
        model = make_student(config, spec, [*queries, *passages], device)
    log, steps = _fit(model, config, spec, triples, queries, passages)
    facts = facts_of(config, triples, teacher, log, steps)
    write_student(folder, model, spec, config, facts, log, triples.held_out)
    return TrainReport(
        output=config.output,
        triples=len(triples),
        missing=triples.missing,
        missing_queries=triples.missing_queries,
        missing_passages=triples.missing_passages,
        held_out=len(triples.held_out),
        steps=steps,
        first_loss=log[0].loss,
        last_loss=log[-1].loss,
        seconds=log[-1].seconds,
    )


def _fit(
    model: SentenceTransformer,
    config: TrainConfig,
    spec: ModelSpec,
    triples: Triples,
    queries: list[str],
    passages: list[str],
) -> tuple[list[LogEntry], int]:
    from arir.models.bi_encoder import losses
    from arir.models.bi_encoder.batches import TripletCollator, pass_budget, tokenise_texts
    from arir.models.bi_encoder.student import refuse_unknowns
    from arir.models.bi_encoder.trainer import TripletLoss, fit, total_steps

    kernels = {"margin-mse": losses.margin_mse, "margin-mse-l1": losses.batch_l1_margin_mse}
    tokenizer = model.tokenizer
    refuse_unknowns(tokenizer, [*queries[:1000], *passages[:1000]], config.student)
    collator = TripletCollator(
        tokenise_texts(tokenizer, queries, spec.query_length or 0),
        tokenise_texts(tokenizer, passages, spec.passage_length or 0),
        tokenizer,
        pass_budget(model.device),
    )
    columns: dict[str, NDArray[Any]] = {
        "query": triples.query,
        "positive": triples.positive,
        "negative": triples.negative,
        "label": make_labels(triples.margins, config),
    }
    loss = TripletLoss(model, kernels[config.loss], config.similarity, config.score_scale)
    optimisation = _optimisation(config)
    with tempfile.TemporaryDirectory() as scratch:
        log = fit(loss, columns, collator, optimisation, Path(scratch))
    return log, total_steps(len(triples), optimisation)


def _optimisation(config: TrainConfig) -> Optimisation:
    from arir.models.bi_encoder.trainer import Optimisation

    return Optimisation(
        epochs=config.epochs,
        steps=config.steps,
        batch_size=config.batch_size,
        accumulation=config.accumulation,
        learning_rate=config.learning_rate,
        warmup_ratio=config.warmup_ratio,
        weight_decay=config.weight_decay,
        precision=config.precision,
        seed=config.seed,
    )
