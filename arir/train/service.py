"""``arir train``: check everything, prepare the data, train, and save the student."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.artefacts import atomic_directory
from arir.artefacts.atomic import refuse_existing
from arir.errors import ConfigError
from arir.processes import is_main_process, local_rank, process_count
from arir.train.config import StudentConfig
from arir.train.student import Student, fetch_student, open_student, plan_student
from arir.train.task import Task
from arir.train.workplace import Workplace, input_paths, workplace

if TYPE_CHECKING:
    import torch

    from arir.models.spec import ModelSpec
    from arir.train.loop.log import LogEntry

__all__ = ["ResumeNote", "TrainReport", "train", "training_device", "wait_for_all"]


class ResumeNote(UserWarning):
    """A training goes on from a checkpoint."""


@dataclass(frozen=True)
class TrainReport:
    """What a training did.

    Attributes:
        output: the folder of the student.
        method: how it was trained.
        rows: examples trained on.
        unit: what an example is.
        facts: what the manifest says of the data: counts, teacher, what was left out.
        steps: of the optimiser.
        first_loss: mean loss up to the first entry of the log.
        last_loss: mean loss between its last two entries.
        dev: the best dev measure, where there is a dev set.
        seconds: spent on training, without reading, tokenising and saving.
    """

    output: Path
    method: str
    rows: int
    unit: str
    facts: dict[str, Any]
    steps: int
    first_loss: float
    last_loss: float
    dev: float | None
    seconds: float


def train(config: StudentConfig) -> TrainReport:
    """Train a student by the method of its settings.

    The output folder appears when the training has ended. An interrupted one leaves its checkpoints
    in ``OUTPUT.partial``, and the same call goes on from the last of them.

    Raises:
        ConfigError: for settings that contradict each other, the student or an earlier attempt.
        DataError: for unusable data, or where nothing joins or nothing can be distilled.
        DependencyError: where the device is not there or has too little memory, or a package is
            missing.
        ModelError: where the student cannot be opened or cannot read the texts, or diverges, or a
            checkpoint is damaged.
        OutputError: where the output exists or cannot be written.
    """
    from arir.train.lora import require_peft

    refuse_existing(config.output, config.overwrite)
    input_paths(config)
    if config.lora_rank is not None:
        require_peft()
    spec, device = plan_student(config), training_device(config)
    fetch_student(config, spec)
    with _one_voice(), workplace(config) as place:
        if place.checkpoint is not None:
            warnings.warn(f"going on from {place.checkpoint}", ResumeNote, stacklevel=2)
        task = _prepare(config, spec, device, place.scratch)
        entries = _fit(config, task, place)
        report = _report(config, task, entries)
        if is_main_process():
            _write(config, task, entries, report, place)
        wait_for_all()
    return report


@contextmanager
def _one_voice() -> Iterator[None]:
    """Let only the first process of torchrun warn: all read the same files."""
    if is_main_process():
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def training_device(config: StudentConfig) -> torch.device:
    """The device to train on.

    Raises:
        ConfigError: where it does not have the number format that the settings ask for.
        DependencyError: where it is not there.
    """
    import torch

    from arir.models.devices import choose_device, choose_dtype

    device = choose_device(config.device)
    if device.type == "cuda" and process_count() > 1:
        torch.cuda.set_device(local_rank())
        device = torch.device("cuda", local_rank())
    choose_dtype(config.precision, device)
    if config.precision == "fp16" and device.type != "cuda":
        fix = "use --precision bf16 or fp32"
        raise ConfigError(f"fp16 needs a CUDA device, and this is {device.type}", fix=fix)
    return device


def _prepare(config: StudentConfig, spec: ModelSpec, device: torch.device, scratch: Path) -> Task:
    from arir.train.methods import preparation

    known = replace(config, family=spec.family)  # scales and temperatures depend on it

    def opened(texts: Callable[[], Iterable[str]]) -> Student:
        return open_student(known, spec, device, texts, scratch)

    method: str = config.method  # type: ignore[attr-defined]  # every method's settings have it
    return preparation(method)(known, opened, scratch)


def _fit(config: StudentConfig, task: Task, place: Workplace) -> list[LogEntry]:
    from arir.train.attention import training_attention
    from arir.train.dropout import set_dropout
    from arir.train.loop.optimisation import optimisation_of
    from arir.train.loop.trainer import fit
    from arir.train.lora import merged, with_lora

    student = task.student
    dev = None
    if task.dev is not None:
        dev = task.dev.measurer(lambda: student.learner.reranker(student.spec), config.dev_measure)
    if config.lora_rank is not None:
        with_lora(student.learner, config.lora_rank, config.seed)
    if config.dropout is not None:
        set_dropout(student.learner, config.dropout)
    optimisation = optimisation_of(config)
    device = next(student.learner.parameters()).device
    task.objective.train()
    with training_attention(student.learner.body, device, config.precision):
        entries = fit(task.objective, task.rows, task.collator, optimisation, place.folder, dev)
    if config.lora_rank is not None:
        merged(student.learner)
    return entries


def _report(config: StudentConfig, task: Task, entries: list[LogEntry]) -> TrainReport:
    measured = [entry.dev for entry in entries if entry.dev is not None]
    return TrainReport(
        output=config.output,
        method=str(config.method),  # type: ignore[attr-defined]  # as above
        rows=task.rows,
        unit=task.unit,
        facts=task.facts,
        steps=entries[-1].step,
        first_loss=entries[0].loss,
        last_loss=entries[-1].loss,
        dev=max(measured) if measured else None,
        seconds=entries[-1].seconds,
    )


def _write(
    config: StudentConfig,
    task: Task,
    entries: list[LogEntry],
    report: TrainReport,
    place: Workplace,
) -> None:
    from arir.train.output import write_student

    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        write_student(folder, config, task, entries, report, place)


def wait_for_all() -> None:
    """Let the processes of torchrun end together."""
    import torch

    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.barrier()
