"""The folder of a trained student: a sentence-transformers model that says how it was made."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.artefacts import describe_input
from arir.config import to_dict, to_json
from arir.data.teacher import Teacher, teacher_path
from arir.errors import OutputError
from arir.models.checkpoint import quiet
from arir.models.folders import write_model_manifest
from arir.models.spec import ModelSpec
from arir.train.card import model_card
from arir.train.config import NEW, TrainConfig
from arir.train.triples import Triples

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from arir.models.bi_encoder.trainer import LogEntry

__all__ = ["facts_of", "write_student"]


def write_student(
    folder: Path,
    model: SentenceTransformer,
    spec: ModelSpec,
    config: TrainConfig,
    facts: dict[str, Any],
    log: list[LogEntry],
    held_out: tuple[str, ...],
) -> None:
    """Write the model, ``manifest.json``, ``README.md`` and ``training/`` into an empty folder.

    ``training/`` holds ``config.json`` (the settings), ``log.jsonl`` (step, loss, learning rate,
    seconds) and, where queries were held out, ``held_out.txt`` (their ids).

    Raises:
        OutputError: where the disk does not take the weights.
    """
    trained = _trained_spec(spec, config)
    model.max_seq_length = max(trained.query_length or 0, trained.passage_length or 0)
    model.similarity_fn_name = config.similarity
    _save(folder, model, config.output)
    training = folder / "training"
    training.mkdir()
    _write(training / "config.json", to_json(config))
    _write(training / "log.jsonl", "".join(json.dumps(asdict(e)) + "\n" for e in log))
    if held_out:
        _write(training / "held_out.txt", "".join(f"{identifier}\n" for identifier in held_out))
    inputs = _inputs(config)
    write_model_manifest(folder, trained, inputs=inputs, seed=config.seed, properties=facts)
    _write(folder / "README.md", model_card(trained, config, facts, inputs))
    # Weights are saved for their owner's eyes only, whatever the umask says.
    mode = (folder / "README.md").stat().st_mode
    for file in folder.rglob("*.safetensors"):
        file.chmod(mode)


def _save(folder: Path, model: SentenceTransformer, output: Path) -> None:
    """safetensors raises an error of its own where the disk is full."""
    from safetensors import SafetensorError

    try:
        with quiet():
            model.to("cpu").save_pretrained(str(folder), create_model_card=False)
    except SafetensorError as error:
        what = f"the weights cannot be written: {error}"
        fix = "free some space or choose another disk"
        raise OutputError(what, where=output, fix=fix) from error


def facts_of(
    config: TrainConfig, triples: Triples, teacher: Teacher, log: list[LogEntry], steps: int
) -> dict[str, Any]:
    """What the manifest and the model card say of the training."""
    return {
        "student": config.student,
        "labels": config.labels,
        "loss": config.loss,
        "similarity": config.similarity,
        "scale": config.score_scale,
        "teacher": {key: value for key, value in asdict(teacher).items() if value},
        "triples": len(triples),
        "missing": triples.missing,
        "queries": len(triples.queries),
        "passages": len(triples.passages),
        "held_out": len(triples.held_out),
        "steps": steps,
        "first_loss": log[0].loss,
        "last_loss": log[-1].loss,
        "seconds": log[-1].seconds,
        "settings": to_dict(config),
    }


def _trained_spec(spec: ModelSpec, config: TrainConfig) -> ModelSpec:
    """The settings of the trained model, under a name of its own."""
    started = "from scratch" if config.student == NEW else f"from {config.student}"
    kind = "distilled" if config.labels == "teacher" else "trained on hard labels"
    return replace(
        spec,
        name=config.output.name,
        hub_id=None,
        revision=None,
        folder=None,
        citation=None,
        note=f"Student {started}, {kind} with arir train.",
    )


def _inputs(config: TrainConfig) -> dict[str, dict[str, str]]:
    paths = {"teacher_scores": config.teacher_scores, "corpus": config.corpus}
    side_file = teacher_path(config.teacher_scores)
    if side_file is not None:
        paths["teacher"] = side_file
    several = len(config.topics) > 1
    paths |= {f"topics {n}" if several else "topics": p for n, p in enumerate(config.topics, 1)}
    return {role: describe_input(path) for role, path in paths.items()}


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
