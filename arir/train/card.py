"""The model card of a trained student: facts, taken from the training and nowhere else."""

from __future__ import annotations

import json
from typing import Any

from arir.models.spec import ModelSpec
from arir.train.config import NEW, TrainConfig

__all__ = ["model_card"]


def model_card(
    spec: ModelSpec,
    config: TrainConfig,
    facts: dict[str, Any],
    inputs: dict[str, dict[str, str]],
) -> str:
    """The text of the ``README.md`` beside a trained student."""
    parts = [_head(spec), f"# {spec.name}", spec.note or "", _use(spec), "## Training"]
    parts += [
        _table(_training(config, facts)),
        "## Data",
        _data(inputs),
        "## Licence",
        _licence(spec),
    ]
    parts += ["## Settings", _settings(facts["settings"])]
    return "\n\n".join(parts) + "\n"


def _head(spec: ModelSpec) -> str:
    lines = ["---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity"]
    if spec.languages:
        lines.append(f"language: {json.dumps(list(spec.languages))}")
    if spec.licence:
        lines.append(f"license: {json.dumps(spec.licence)}")
    return "\n".join([*lines, "---"])


def _use(spec: ModelSpec) -> str:
    rows = {
        "similarity": spec.similarity,
        "longest query, passage": f"{spec.query_length}, {spec.passage_length} tokens",
        "text normalisation": spec.profile,
        "query prefix, passage prefix": f"`{spec.query_prefix}`, `{spec.passage_prefix}`",
    }
    code = f'```python\nimport arir\n\nencoder = arir.load_encoder("{spec.name}")\n```'
    plain = (
        "`arir.load_encoder` applies the normalisation and the prefixes. The folder also opens with"
        " plain `SentenceTransformer`, which applies neither."
    )
    return "\n\n".join([code, plain, _table(rows)])


def _training(config: TrainConfig, facts: dict[str, Any]) -> dict[str, Any]:
    teacher = facts["teacher"]
    labels = "teacher's margins" if config.labels == "teacher" else "hard margins (NoKD)"
    described = ", ".join(f"{key} {value}" for key, value in teacher.items() if key != "notes")
    return {
        "student": "new, random weights" if config.student == NEW else config.student,
        "labels": labels,
        "teacher": described or "not stated",
        "loss": f"{config.loss}, student scale {facts['scale']:g}",
        "triples": f"{facts['triples']:,} ({facts['missing']:,} rows missed a text)",
        "distinct queries, passages": f"{facts['queries']:,}, {facts['passages']:,}",
        "held-out queries": f"{facts['held_out']:,}",
        "steps": f"{facts['steps']:,} of {config.batch_size} x {config.accumulation} triples",
        "loss, first and last logged": f"{facts['first_loss']:.4g}, {facts['last_loss']:.4g}",
        "seed": config.seed,
        "seconds": f"{facts['seconds']:.1f}",
    }


def _data(inputs: dict[str, dict[str, str]]) -> str:
    rows = [f"| {role} | `{item['path']}` | `{item['sha256']}` |" for role, item in inputs.items()]
    return "\n".join(["| input | path | SHA-256 |", "|---|---|---|", *rows])


def _licence(spec: ModelSpec) -> str:
    return spec.licence or "Not stated. The licences of the data and of the teacher apply."


def _settings(settings: dict[str, Any]) -> str:
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items()]
    return "\n".join(["```yaml", *lines, "```"])


def _table(rows: dict[str, Any]) -> str:
    body = [f"| {key} | {value} |" for key, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *body])
