"""The model card of a trained student: facts, taken from the training and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from arir.models.saving import card_table
from arir.models.spec import Family, ModelSpec
from arir.train.config import NEW, StudentConfig

__all__ = ["compose_card", "model_card", "training_table"]

#: family -> library, what it does, and how it is opened
CARDS: dict[Family, tuple[str, str, str]] = {
    "bi-encoder": ("sentence-transformers", "sentence-similarity", "SentenceTransformer"),
    "cross-encoder": ("transformers", "text-ranking", "AutoModelForSequenceClassification"),
    "late-interaction": ("sentence-transformers", "sentence-similarity", "MultiVectorEncoder"),
}
#: facts that stand in the card elsewhere, or are for machines
ELSEWHERE = {"settings", "student", "teacher", "labels", "method", "rows", "unit", "scale"}


def model_card(
    spec: ModelSpec,
    config: StudentConfig,
    facts: dict[str, Any],
    inputs: dict[str, dict[str, str]],
) -> str:
    """The text of the ``README.md`` beside a trained student."""
    return compose_card(spec, [training_table(config, facts)], inputs, facts["settings"])


def compose_card(
    spec: ModelSpec,
    training: list[str],
    inputs: dict[str, dict[str, str]],
    settings: dict[str, Any],
) -> str:
    """A model card around what ``training`` says of the training, in paragraphs."""
    parts = [_head(spec), f"# {spec.name}", spec.note or "", _use(spec), "## Training", *training]
    parts += ["## Data", _data(inputs), "## Licence", _licence(spec)]
    parts += ["## Settings", _settings(settings)]
    return "\n\n".join(parts) + "\n"


def _head(spec: ModelSpec) -> str:
    library, task, _ = CARDS[spec.family]
    lines = ["---", f"library_name: {library}", f"pipeline_tag: {task}"]
    if spec.languages:
        lines.append(f"language: {json.dumps(list(spec.languages))}")
    if spec.licence:
        lines.append(f"license: {json.dumps(spec.licence)}")
    return "\n".join([*lines, "---"])


def _use(spec: ModelSpec) -> str:
    rows: dict[str, Any] = {
        "family": spec.family,
        "similarity": spec.similarity,
        "longest query, passage": f"{spec.query_length}, {spec.passage_length} tokens",
        "longest pair": f"{spec.pair_length} tokens",
        "text normalisation": spec.profile,
        "query prefix, passage prefix": f"`{spec.query_prefix}`, `{spec.passage_prefix}`",
    }
    rows = {key: value for key, value in rows.items() if value and "None" not in str(value)}
    loader = "load_reranker" if spec.family == "cross-encoder" else "load_encoder"
    code = f'```python\nimport arir\n\nmodel = arir.{loader}("{spec.name}")\n```'
    plain = (
        f"`arir.{loader}` applies the normalisation and the prefixes. The folder also opens with"
        f" plain `{CARDS[spec.family][2]}`, which applies no prefix, and of the normalisation what"
        " the tokeniser does by itself: all of it where arir learned the vocabulary."
    )
    return "\n\n".join([code, plain, card_table(rows)])


def training_table(config: StudentConfig, facts: dict[str, Any]) -> str:
    """What a student was trained on and how it went, as a table."""
    return card_table(_training(config, facts))


def _training(config: StudentConfig, facts: dict[str, Any]) -> dict[str, Any]:
    teacher = facts.get("teacher") or {}
    described = ", ".join(f"{key} {value}" for key, value in teacher.items() if key != "notes")
    hard = facts.get("labels") == "hard"
    counted = {key: value for key, value in facts.items() if key not in ELSEWHERE}
    batch = f"{config.batch_size} x {config.accumulation}"
    return {
        "student": "new, random weights" if config.student == NEW else config.student,
        "method": facts["method"],
        "labels": "hard (NoKD)" if hard else facts.get("labels", "hard"),
        "teacher": described or ("none" if hard else "not stated"),
        "student scale": f"{facts['scale']:g}",
        "examples": f"{facts['rows']:,} {facts['unit']}, in steps of {batch}",
        **{key.replace("_", " "): _written(value) for key, value in counted.items()},
        "seed": config.seed,
    }


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', '-')} {_written(part)}" for key, part in value.items())
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def _data(inputs: dict[str, dict[str, str]]) -> str:
    rows = [f"| {role} | `{item['path']}` | `{item['sha256']}` |" for role, item in inputs.items()]
    return "\n".join(["| input | path | SHA-256 |", "|---|---|---|", *rows])


def _licence(spec: ModelSpec) -> str:
    return spec.licence or "Not stated. The licences of the data and of the teacher apply."


def _settings(settings: dict[str, Any]) -> str:
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    return "\n".join(["```yaml", *lines, "```"])
