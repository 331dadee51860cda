"""The folder of an initialised student: a model that says what it was made from."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from arir.artefacts import describe_input
from arir.config import to_dict
from arir.init_student.config import InitStudentConfig
from arir.models.folders import write_model_manifest
from arir.models.saving import card_table, reveal_weights, saving_weights
from arir.models.spec import ModelSpec

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

__all__ = ["licence_of", "write_folder"]


def write_folder(
    folder: Path,
    model: SentenceTransformer,
    spec: ModelSpec,
    body: Path,
    config: InitStudentConfig,
    facts: dict[str, Any],
) -> None:
    """Write the model, ``manifest.json`` and ``README.md`` into an empty folder.

    Raises:
        OutputError: where the disk does not take the weights.
    """
    spec = replace(
        spec,
        name=config.output.name,
        hub_id=None,
        revision=None,
        folder=None,
        citation=None,
        languages=(),
        licence=spec.licence or licence_of(body),
        note=f"Student from the body of {config.body}, not trained yet (arir init-student).",
    )
    with saving_weights(config.output):
        model.save_pretrained(str(folder), create_model_card=False)
    inputs = _inputs(config, body)
    facts = {**facts, "body": config.body, "settings": to_dict(config)}
    write_model_manifest(folder, spec, inputs=inputs, seed=config.seed, properties=facts)
    card = _card(spec, config, facts, inputs)
    (folder / "README.md").write_text(card, encoding="utf-8")
    reveal_weights(folder)


def licence_of(folder: Path) -> str | None:
    """The licence that a model card declares in its head; None where it declares none."""
    try:
        head = (folder / "README.md").read_text(encoding="utf-8").split("---", 2)[1]
        licence = yaml.safe_load(head).get("license")
    except (OSError, UnicodeDecodeError, IndexError, yaml.YAMLError, AttributeError):
        return None
    return licence if isinstance(licence, str) else None


def _inputs(config: InitStudentConfig, body: Path) -> dict[str, dict[str, str]]:
    several = {"text": config.text, "bitext": config.bitext, "lexicon": config.lexicon}
    paths = {
        role if len(files) == 1 else f"{role} {number}": file
        for role, files in several.items()
        for number, file in enumerate(files, 1)
    }
    return {role: describe_input(path) for role, path in ({"body": body} | paths).items()}


def _card(
    spec: ModelSpec,
    config: InitStudentConfig,
    facts: dict[str, Any],
    inputs: dict[str, dict[str, str]],
) -> str:
    head = ["---", "library_name: sentence-transformers", "pipeline_tag: sentence-similarity"]
    head += [f"license: {json.dumps(spec.licence)}"] if spec.licence else []
    vectors = ", ".join(f"{count:,} {origin}" for origin, count in facts["vectors"].items())
    rows = {
        "body": f"{config.body}, layers {', '.join(map(str, facts['layers']))}",
        "vocabulary": f"{config.vocabulary}, {facts['pieces']:,} pieces",
        "vectors of pieces": vectors,
        "unknown pieces in the texts": f"{facts['unknown_rate']:.2%}",
        "text normalisation": spec.profile,
        "similarity": spec.similarity,
        "longest text": f"{spec.passage_length} tokens",
        "query prefix, passage prefix": f"`{spec.query_prefix}`, `{spec.passage_prefix}`",
        "seed": config.seed,
        "licence of the body": spec.licence or "not stated",
    }
    files = {
        role: f"`{item['path']}` (SHA-256 `{item['sha256']}`)" for role, item in inputs.items()
    }
    start = f"```\narir train --student {config.output} ...\n```"
    parts = ["\n".join([*head, "---"]), f"# {spec.name}", spec.note or "", start, card_table(rows)]
    return "\n\n".join([*parts, "## Made from", card_table(files)]) + "\n"
