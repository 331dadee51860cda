"""``arir make-late``: the body of a bi-encoder under the modules of late interaction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from arir.artefacts import atomic_directory, describe_input
from arir.artefacts.atomic import refuse_existing
from arir.config import to_dict
from arir.errors import ModelError
from arir.make_late.config import MakeLateConfig
from arir.models.folders import write_model_manifest
from arir.models.registry import find_model
from arir.models.spec import ModelSpec

__all__ = ["MakeLateReport", "make_late"]

#: nothing is drawn, since there is no projection
SEED = 0
#: lengths of a bi-encoder that states none
QUERY_LENGTH, PASSAGE_LENGTH = 64, 256


@dataclass(frozen=True)
class MakeLateReport:
    """What was made.

    Attributes:
        output: the folder written.
        dimension: length of a token vector.
        spec: the settings of the model.
    """

    output: Path
    dimension: int
    spec: ModelSpec


def make_late(config: MakeLateConfig) -> MakeLateReport:
    """Write a late-interaction model that has the weights of a bi-encoder.

    Punctuation does not count in passages, as in ColBERT; token vectors are as wide as the body.
    Layers above the pooling (a projection, say) are of single vectors, and left behind.

    Raises:
        ModelError: where the model is no bi-encoder, cannot be opened, or has fewer positions than
            the lengths ask for.
        OutputError: where the folder exists already or cannot be written.
    """
    from arir.models.half import halve_weights
    from arir.models.hub import fetch_model
    from arir.models.late_interaction.model import new_late_interaction
    from arir.models.saving import reveal_weights, saving_weights

    refuse_existing(config.output, config.overwrite)
    base = find_model(config.model)
    spec = _late_spec(base, config)
    folder = fetch_model(base)
    model = new_late_interaction(
        folder,
        query_length=spec.query_length or QUERY_LENGTH,
        passage_length=spec.passage_length or PASSAGE_LENGTH,
        seed=SEED,
        dimension=None,
        query_prefix=spec.query_prefix,
        passage_prefix=spec.passage_prefix,
    )
    dimension = int(model.get_embedding_dimension() or 0)
    with atomic_directory(config.output, overwrite=config.overwrite) as made:
        with saving_weights(config.output):
            model.save_pretrained(str(made), create_model_card=False)
        if config.weights == "fp16":
            halve_weights(made, config.output)
        _describe(made, spec, folder, config, dimension)
        reveal_weights(made)
    return MakeLateReport(config.output, dimension, spec)


def _late_spec(base: ModelSpec, config: MakeLateConfig) -> ModelSpec:
    if base.family != "bi-encoder":
        fix = "name a bi-encoder (arir models list)"
        raise ModelError(f"{config.model} is a {base.family}, not a bi-encoder", fix=fix)
    return replace(
        base,
        name=config.output.name,
        family="late-interaction",
        hub_id=None,
        revision=None,
        folder=None,
        similarity=None,
        pooling=None,
        query_length=config.query_length or base.query_length or QUERY_LENGTH,
        passage_length=config.passage_length or base.passage_length or PASSAGE_LENGTH,
        note=f"The token vectors of {config.model}, compared by MaxSim (arir make-late).",
    )


def _describe(
    made: Path, spec: ModelSpec, folder: Path, config: MakeLateConfig, dimension: int
) -> None:
    """Write the manifest and the card."""
    from arir.models.saving import card_table
    from arir.train.card import compose_card

    inputs = {"model": {**describe_input(folder), "path": config.model}}
    settings = to_dict(config)
    properties = {"method": "make-late", "student": config.model, "settings": settings}
    write_model_manifest(made, spec, inputs=inputs, seed=SEED, properties=properties)
    facts: dict[str, Any] = {
        "weights": f"those of {config.model}, not trained further",
        "dimension": dimension,
    }
    card = compose_card(spec, [card_table(facts)], inputs, settings)
    (made / "README.md").write_text(card, encoding="utf-8")
