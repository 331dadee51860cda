"""The folder of a trained student: a model of its family that says how it was made."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.config import to_dict, to_json
from arir.models.folders import write_model_manifest
from arir.models.half import halve_weights
from arir.models.saving import reveal_weights, saving_weights
from arir.models.spec import ModelSpec
from arir.train.card import model_card
from arir.train.config import NEW, StudentConfig
from arir.train.task import Task
from arir.train.workplace import Workplace

if TYPE_CHECKING:
    from arir.train.loop.log import LogEntry
    from arir.train.service import TrainReport

__all__ = ["write_student"]


def write_student(
    folder: Path,
    config: StudentConfig,
    task: Task,
    entries: list[LogEntry],
    report: TrainReport,
    place: Workplace,
) -> None:
    """Write the model, ``manifest.json``, ``README.md`` and ``training/`` into an empty folder.

    ``training/`` holds ``config.json`` (the settings), ``log.jsonl`` (step, loss, learning rate,
    seconds ...), ``held_out.txt`` (ids of held-out queries), and TensorBoard's logs.

    Raises:
        ModelError: where they are to be stored in fp16 and leave its range.
        OutputError: where the disk does not take the weights.
    """
    from arir.train.loop.log import as_record

    spec = _trained_spec(task.student.spec, config)
    with saving_weights(config.output):
        task.student.learner.to("cpu").eval().save(folder, spec)
    if config.weights == "fp16":
        halve_weights(folder, config.output)
    training = folder / "training"
    training.mkdir()
    _text(training / "config.json", to_json(config))
    _text(training / "log.jsonl", "".join(json.dumps(as_record(e)) + "\n" for e in entries))
    if task.held_out:
        _text(training / "held_out.txt", "".join(f"{name}\n" for name in task.held_out))
    if (place.folder / "tensorboard").is_dir():
        shutil.copytree(place.folder / "tensorboard", training / "tensorboard")
    facts = _facts(config, spec, report)
    write_model_manifest(folder, spec, inputs=place.inputs, seed=config.seed, properties=facts)
    _text(folder / "README.md", model_card(spec, config, facts, place.inputs))
    reveal_weights(folder)


def _facts(config: StudentConfig, spec: ModelSpec, report: TrainReport) -> dict[str, Any]:
    """What the manifest and the model card say of the training."""
    told = asdict(report)
    facts = told.pop("facts")
    told.pop("output")
    settings = to_dict(config)
    named = {key: settings[key] for key in ("student", "loss", "similarity") if key in settings}
    scale = replace(config, family=spec.family).score_scale
    return {**named, "scale": scale, **facts, **told, "settings": settings}


def _trained_spec(spec: ModelSpec, config: StudentConfig) -> ModelSpec:
    """The settings of the trained model, under a name of its own."""
    started = "from scratch" if config.student == NEW else f"from {config.student}"
    labels = getattr(config, "labels", "hard")
    kind = "distilled" if labels == "teacher" else "trained on hard labels"
    if getattr(config, "method", "") == "masked-lm":
        kind = "adapted to raw text"
    return replace(
        spec,
        name=config.output.name,
        hub_id=None,
        revision=None,
        folder=None,
        citation=None,
        licence=config.licence,
        note=f"Student {started}, {kind} with arir train.",
    )


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
