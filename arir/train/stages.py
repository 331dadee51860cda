"""``method: stages``: train a student several times over, each stage from the one before."""

from __future__ import annotations

import json
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from arir.artefacts import describe_input, read_manifest
from arir.artefacts.atomic import refuse_existing
from arir.artefacts.lock import LOCK, locked
from arir.config import to_dict
from arir.errors import ArirError, ConfigError, OutputError
from arir.models.registry import find_model
from arir.models.spec import ModelSpec
from arir.processes import is_main_process
from arir.train.config import StagesConfig, StudentConfig
from arir.train.service import ResumeNote, TrainReport, train, training_device, wait_for_all
from arir.train.stages_output import stage_report, write_last_student
from arir.train.student import plan_student
from arir.train.workplace import FREE, input_paths

__all__ = ["StagesReport", "train_stages"]


@dataclass(frozen=True)
class StagesReport:
    """What a training in stages did.

    Attributes:
        output: the folder of the last stage's student.
        stages: each stage's report by its name, in order.
    """

    output: Path
    stages: Mapping[str, TrainReport]


def train_stages(config: StagesConfig) -> StagesReport:
    """Train every stage from the student of the one before; the last student is the output.

    All stages are checked before the first one trains. While they train, their students lie in
    ``OUTPUT.stages``; after a kill the same call goes on with the stage that had not ended.

    Raises:
        ArirError: what :func:`arir.train.train` raises, with the name of the stage.
        ConfigError: where the stages that ended in an earlier attempt had other settings or data.
    """
    refuse_existing(config.output, config.overwrite)
    trainings = config.trainings
    _check_all(trainings)
    with _open_folder(config.folder, config.output):
        finished = _finished(config.folder, trainings)
        for name, training in trainings.items():
            if name in finished:
                note = f"stage {name} has ended before: {training.output}"
                warnings.warn(note, ResumeNote, stacklevel=2)
                continue
            with _in_stage(name):
                train(training)
        report = StagesReport(
            config.output, {name: stage_report(t.output) for name, t in trainings.items()}
        )
        wait_for_all()
        if is_main_process():
            write_last_student(config)
            _clear(config)
        wait_for_all()
    return report


@contextmanager
def _in_stage(name: str) -> Iterator[None]:
    """Say in errors which stage they are of."""
    try:
        yield
    except ArirError as error:
        what = f"stage {name}: {error.what}"
        raise type(error)(what, where=error.where, fix=error.fix) from error


def _check_all(trainings: Mapping[str, StudentConfig]) -> None:
    """Find what would stop any of the stages, before the first one trains.

    Raises:
        ArirError: of the kind of the first fault, naming the fault of every stage that has one.
    """
    found: dict[str, tuple[ArirError, list[str]]] = {}
    for name, error in _faults(trainings):
        found.setdefault(str(error), (error, []))[1].append(name)
    texts = []
    for text, (_, names) in found.items():
        texts.append(f"stage{'s' if len(names) > 1 else ''} {', '.join(names)}: {text}")
    if texts:
        first = next(error for error, _ in found.values())
        raise type(first)("; ".join(texts))


def _faults(trainings: Mapping[str, StudentConfig]) -> Iterator[tuple[str, ArirError]]:
    student: ModelSpec | None = None
    planned = True
    for name, training in trainings.items():
        for check in (_check_files, _check_packages, training_device):
            try:
                check(training)
            except ArirError as error:
                yield name, error
        if not planned:  # what it would start from is not known
            continue
        try:
            student = plan_student(training, student)
        except ArirError as error:
            planned = False
            yield name, error


def _check_files(training: StudentConfig) -> None:
    input_paths(training)
    for teacher in getattr(training, "teacher", None) or ():
        find_model(teacher)


def _check_packages(training: StudentConfig) -> None:
    from arir.train.lora import require_peft

    if training.lora_rank is not None:
        require_peft()


@contextmanager
def _open_folder(folder: Path, output: Path) -> Iterator[None]:
    """Make the folder of the stages, and keep other processes than torchrun's out of it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot make the folder: {reason}", where=folder) from None
    guard = locked(folder, output, "training into") if is_main_process() else nullcontext()
    try:
        with guard:
            yield
    finally:
        if is_main_process() and [path.name for path in folder.glob("*")] == [LOCK]:
            shutil.rmtree(folder, ignore_errors=True)


def _finished(folder: Path, trainings: Mapping[str, StudentConfig]) -> list[str]:
    """The stages that an earlier attempt has ended.

    Raises:
        ConfigError: where they had other settings or data, or one is missing before another.
    """
    there = [name for name, training in trainings.items() if training.output.exists()]
    fix = "give the same, or remove the folder to start anew"
    if there != list(trainings)[: len(there)]:
        what = f"stage {there[-1]} has ended there, and one before it has not"
        raise ConfigError(what, where=folder, fix="remove the folder to start anew")
    for name in there:
        changed = _changed(trainings[name])
        if changed:
            what = f"stage {name}, which has ended there, had other settings or data"
            raise ConfigError(f"{what}: {', '.join(changed)}", where=folder, fix=fix)
    return there


def _changed(training: StudentConfig) -> list[str]:
    """The settings and inputs of a finished stage that are not what they were."""
    manifest = read_manifest(training.output)
    if manifest is None:
        return ["manifest.json"]
    saved = training.output / "training" / "config.json"
    theirs = json.loads(saved.read_text(encoding="utf-8"))
    mine = {key: value for key, value in to_dict(training).items() if key not in FREE}
    changed = [key for key, value in mine.items() if theirs.get(key) != value]
    inputs = {role: describe_input(path)["sha256"] for role, path in input_paths(training).items()}
    before = {role: entry["sha256"] for role, entry in manifest.inputs.items()}
    return changed + [role for role in {**inputs, **before} if inputs.get(role) != before.get(role)]


def _clear(config: StagesConfig) -> None:
    """Remove the students of the stages; where they are to be kept, all but the last one's."""
    if not config.keep_stages:
        shutil.rmtree(config.folder, ignore_errors=True)
        return
    shutil.rmtree(list(config.trainings.values())[-1].output, ignore_errors=True)
    (config.folder / LOCK).unlink(missing_ok=True)
