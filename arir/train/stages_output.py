"""The folder of a student that was trained in stages: the last student, and what each stage did."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from arir.artefacts import Manifest, atomic_directory, read_manifest
from arir.config import from_mapping, to_dict, to_json
from arir.errors import DataError
from arir.models.fingerprint import fingerprint
from arir.models.folders import write_model_manifest
from arir.models.half import halve_weights
from arir.models.saving import reveal_weights
from arir.models.spec import ModelSpec
from arir.train.card import compose_card, training_table
from arir.train.config import NEW, StagesConfig, StudentConfig
from arir.train.service import TrainReport

__all__ = ["stage_report", "write_last_student"]

#: what the folder says in words of its own
REWRITTEN = ("manifest.json", "README.md", "training")


def stage_report(folder: Path) -> TrainReport:
    """The report of a stage that has ended, from what its student says.

    Raises:
        DataError: where the student's manifest is missing or damaged.
    """
    facts = _manifest(folder).properties["training"]
    names = [field.name for field in fields(TrainReport) if field.name not in {"output", "facts"}]
    told = {name: facts[name] for name in names}
    rest = {key: value for key, value in facts.items() if key not in names}
    return TrainReport(output=folder, facts=rest, **told)


def write_last_student(config: StagesConfig) -> None:
    """Put the last stage's student in place, with a manifest and a card that tell of all stages.

    ``training/`` holds ``config.json`` (of the whole) and ``stages/NAME/`` (each stage's settings
    and log).

    Raises:
        ModelError: where weights are to be stored in fp16 and leave its range.
        OutputError: where the folder cannot be written.
    """
    trainings = config.trainings
    last = list(trainings.values())[-1].output
    manifests = {name: _manifest(training.output) for name, training in trainings.items()}
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        ignored = shutil.ignore_patterns(*REWRITTEN)
        shutil.copytree(last, folder, dirs_exist_ok=True, ignore=ignored)
        if config.weights == "fp16":
            halve_weights(folder, config.output)
        for name, training in trainings.items():
            shutil.copytree(training.output / "training", folder / "training" / "stages" / name)
        (folder / "training" / "config.json").write_text(to_json(config), encoding="utf-8")
        _describe(folder, config, manifests)
        reveal_weights(folder)


def _describe(folder: Path, config: StagesConfig, manifests: dict[str, Manifest]) -> None:
    stages = _stages(config, manifests)
    inputs = {
        f"{stage['name']}: {role}": entry
        for stage in stages
        for role, entry in stage["inputs"].items()
    }
    spec, settings = _spec(config, list(manifests.values())[-1]), to_dict(config)
    facts = {"method": "stages", "student": stages[0]["student"], "stages": stages}
    facts["settings"] = settings
    write_model_manifest(folder, spec, inputs=inputs, seed=config.seed, properties=facts)
    told = [text for stage in stages for text in _told(stage, config.trainings)]
    card = compose_card(spec, told, inputs, settings)
    (folder / "README.md").write_text(card, encoding="utf-8")


def _stages(config: StagesConfig, manifests: dict[str, Manifest]) -> list[dict[str, Any]]:
    """What the manifest says of each stage."""
    trainings = config.trainings
    started = [next(iter(trainings.values())).student, *(f"stage {name}" for name in trainings)]
    return [
        {
            "name": name,
            **manifest.properties["training"],
            "student": student,
            "fingerprint": _fingerprint(trainings[name].output, manifest),
            "inputs": manifest.inputs,
        }
        for (name, manifest), student in zip(manifests.items(), started, strict=False)
    ]


def _told(stage: dict[str, Any], trainings: dict[str, StudentConfig]) -> list[str]:
    """A stage in the model card: its name, and its table."""
    name = str(stage["name"])
    facts = {key: value for key, value in stage.items() if key not in {"name", "inputs"}}
    config = replace(trainings[name], student=stage["student"])
    return [f"### Stage {name}", training_table(config, facts)]


def _spec(config: StagesConfig, last: Manifest) -> ModelSpec:
    trainings = config.trainings
    first = next(iter(trainings.values())).student
    started = "from scratch" if first == NEW else f"from {first}"
    note = f"Student {started}, trained in stages with arir train: {', '.join(trainings)}."
    saved = from_mapping(ModelSpec, last.properties["spec"])
    return replace(saved, name=config.output.name, folder=None, note=note)


def _fingerprint(folder: Path, manifest: Manifest) -> str:
    return fingerprint(folder, from_mapping(ModelSpec, manifest.properties["spec"]))


def _manifest(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    if manifest is None:
        fix = "remove the folder to train the stage again"
        raise DataError("no manifest.json", where=folder, fix=fix)
    return manifest
