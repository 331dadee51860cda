"""Read the settings of a model off its folder, whoever saved it, and write ours into it."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from arir.config import from_mapping, to_dict
from arir.errors import ArirError, ModelError
from arir.models.spec import Family, ModelSpec

__all__ = [
    "detect_family",
    "is_model_folder",
    "module_folders",
    "saved_spec",
    "spec_from_folder",
    "within_positions",
    "write_model_manifest",
]

logger = logging.getLogger("arir.models")
#: architectures that number positions from the padding id on, so that 514 hold 512 tokens
OFFSET_POSITIONS = frozenset({"roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "xmod"})
DEFAULT_LENGTH = 512


def is_model_folder(folder: Path) -> bool:
    """Whether a folder holds a model rather than, say, an index."""
    if (folder / "modules.json").is_file():
        return True
    return "model_type" in _json(folder / "config.json")


def write_model_manifest(
    folder: Path,
    spec: ModelSpec,
    *,
    inputs: dict[str, dict[str, str]] | None = None,
    seed: int | None = None,
    properties: dict[str, Any] | None = None,
) -> None:
    """Write ``manifest.json`` beside a saved model, so that a later load gets ``spec`` back.

    The folder's ``config.json`` is the architecture's and stays as it is.

    Args:
        inputs: what the model was trained on; see :func:`arir.artefacts.describe_input`.
        seed: of every random choice of the training.
        properties: further facts for the reader (loss, steps ...), kept under ``training``.
    """
    from arir.artefacts import Manifest, write_manifest

    settings = to_dict(replace(spec, folder=None))
    facts = {"spec": settings, "training": properties or {}}
    manifest = Manifest(kind=spec.family, properties=facts, inputs=inputs or {}, seed=seed)
    write_manifest(folder, manifest)


def saved_spec(folder: Path) -> ModelSpec | None:
    """The settings in a folder's own manifest; ``None`` where it has none.

    Raises:
        DataError: where the manifest is damaged.
        ModelError: where it is no model's, or its settings are not known here.
    """
    from arir.artefacts import read_manifest

    manifest = read_manifest(folder)
    if manifest is None:
        return None
    if manifest.kind not in {"bi-encoder", "cross-encoder"} or "spec" not in manifest.properties:
        raise ModelError(f"the folder holds a {manifest.kind}, not a model", where=folder)
    try:
        return replace(from_mapping(ModelSpec, manifest.properties["spec"]), folder=folder)
    except ArirError as error:
        where = folder / "manifest.json"
        raise ModelError(f"unusable model settings: {error.what}", where=where) from None


def spec_from_folder(folder: Path, name: str | None = None) -> ModelSpec:
    """The settings of a folder that another tool saved, as sentence-transformers or checkpoint.

    A plain encoder gets mean pooling and the inner product, with a warning.

    Raises:
        ModelError: where the folder holds no model, or one that an inner product cannot search.
    """
    if not is_model_folder(folder):
        fix = "name a folder with the config.json or modules.json of a model"
        raise ModelError("the folder holds no model", where=folder, fix=fix)
    common: dict[str, Any] = {"name": name or str(folder), "folder": folder}
    length = _length(folder)
    if detect_family(folder) == "cross-encoder":
        return ModelSpec(family="cross-encoder", pair_length=length, **common)
    lengths = {"query_length": length, "passage_length": length}
    if not (folder / "modules.json").is_file():
        logger.warning("%s: a plain encoder; assuming mean pooling and inner product", folder)
        settings: dict[str, Any] = {"pooling": "mean", "similarity": "dot"}
    else:
        settings = _sentence_transformers_settings(folder)
    return ModelSpec(family="bi-encoder", **{**common, **lengths, **settings})


def detect_family(folder: Path) -> Family:
    """Tell a sequence classifier from an encoder by the folder's own configuration."""
    kind = _json(folder / "config_sentence_transformers.json").get("model_type")
    if kind == "CrossEncoder":
        return "cross-encoder"
    architectures = _json(folder / "config.json").get("architectures") or []
    classifier = any(str(name).endswith("ForSequenceClassification") for name in architectures)
    return "cross-encoder" if classifier and kind is None else "bi-encoder"


def module_folders(folder: Path) -> set[Path]:
    """The folder itself, and those of its sentence-transformers modules."""
    modules = _json(folder / "modules.json", list)
    return {folder, *(folder / str(module["path"]) for module in modules)}


def _sentence_transformers_settings(folder: Path) -> dict[str, Any]:
    """Similarity, prompts and lengths as sentence-transformers itself reads them."""
    config = _json(folder / "config_sentence_transformers.json")
    similarity = config.get("similarity_fn_name") or "cosine"
    if similarity not in {"dot", "cosine"}:
        fix = "inner-product search needs a model of dot or cosine similarity"
        raise ModelError(f"the model's similarity is {similarity}", where=folder, fix=fix)
    prompts: dict[str, str] = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name") or "", "")
    # sentence-transformers writes an empty "document" beside a prompt that is called "passage".
    passage = [prompts[key] for key in ("document", "passage", "corpus") if key in prompts]
    settings: dict[str, Any] = {
        "similarity": similarity,
        "query_prefix": prompts.get("query", default),
        "passage_prefix": next(filter(None, passage), "" if passage else default),
    }
    own = _json(folder / "sentence_bert_config.json")
    lengths = {
        "query_length": own.get("query_length"),
        "passage_length": own.get("document_length"),
    }
    return settings | {key: value for key, value in lengths.items() if value is not None}


def _length(folder: Path) -> int:
    """The longest input, tokens: what the folder declares, within the positions that it has."""
    declared = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    if declared is None:
        declared = _json(folder / "tokenizer_config.json").get("model_max_length")
    limit = _positions(folder) or DEFAULT_LENGTH
    return min(int(declared), limit) if declared is not None else limit


def _positions(folder: Path) -> int | None:
    """How many tokens a model has positions for; ``None`` where its configuration does not say."""
    config = _json(folder / "config.json")
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int) or positions <= 0:
        return None
    offset = config.get("model_type") in OFFSET_POSITIONS
    return positions - int(config.get("pad_token_id") or 0) - 1 if offset else positions


def within_positions(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Settings whose lengths the model in ``folder`` has positions for.

    A registry entry may be given for a folder that holds a shorter model than the published one.
    """
    limit = _positions(folder)
    keys = ("query_length", "passage_length", "pair_length")
    too_long = [key for key in keys if limit is not None and (getattr(spec, key) or 0) > limit]
    return replace(spec, **dict.fromkeys(too_long, limit))


def _json(path: Path, kind: Callable[[], Any] = dict) -> Any:
    """The JSON object (or list) of a file, an empty one where the file is missing.

    Raises:
        ModelError: where the file is there but damaged.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return kind()
    except (OSError, ValueError) as error:
        raise ModelError(f"damaged model: {error}", where=path, fix="copy it again") from None
    return values if isinstance(values, type(kind())) else kind()
