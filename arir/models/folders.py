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
from arir.models.spec import NEEDED, Family, ModelSpec

__all__ = [
    "body_folder",
    "detect_family",
    "is_model_folder",
    "module_folders",
    "positions",
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
    if manifest.kind not in NEEDED or "spec" not in manifest.properties:
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
    family = detect_family(folder)
    if family == "cross-encoder":
        return ModelSpec(family=family, pair_length=length, **common)
    lengths = {"query_length": length, "passage_length": length}
    if family == "late-interaction":
        settings = _late_interaction_settings(folder)
        return ModelSpec(family=family, **{**common, **lengths, **settings})
    if not (folder / "modules.json").is_file():
        logger.warning("%s: a plain encoder; assuming mean pooling and inner product", folder)
        settings = {"pooling": "mean", "similarity": "dot"}
    else:
        settings = _sentence_transformers_settings(folder)
    return ModelSpec(family="bi-encoder", **{**common, **lengths, **settings})


def detect_family(folder: Path) -> Family:
    """Tell what a folder holds by its own configuration.

    PyLate's and Stanford's ColBERT folders are of late interaction too.
    """
    kind = _json(folder / "config_sentence_transformers.json").get("model_type")
    if kind == "CrossEncoder":
        return "cross-encoder"
    architectures = _json(folder / "config.json").get("architectures") or []
    if kind in {"MultiVectorEncoder", "ColBERT"} or "HF_ColBERT" in architectures:
        return "late-interaction"
    classifier = any(str(name).endswith("ForSequenceClassification") for name in architectures)
    return "cross-encoder" if classifier and kind is None else "bi-encoder"


def module_folders(folder: Path) -> set[Path]:
    """The folder itself, and those of its sentence-transformers modules."""
    modules = _json(folder / "modules.json", list)
    return {folder, *(folder / str(module["path"]) for module in modules)}


def body_folder(folder: Path) -> Path:
    """Where the first module's checkpoint lies: the folder itself, or ``0_Transformer`` in it."""
    modules = _json(folder / "modules.json", list)
    return folder / str(modules[0]["path"]) if modules else folder


def _sentence_transformers_settings(folder: Path) -> dict[str, Any]:
    """Similarity, prompts and lengths as sentence-transformers itself reads them."""
    config = _json(folder / "config_sentence_transformers.json")
    similarity = config.get("similarity_fn_name") or "cosine"
    if similarity not in {"dot", "cosine"}:
        fix = "inner-product search needs a model of dot or cosine similarity"
        raise ModelError(f"the model's similarity is {similarity}", where=folder, fix=fix)
    own = _json(folder / "sentence_bert_config.json")
    return {"similarity": similarity, **_prefixes(config), **_role_lengths(own)}


def _late_interaction_settings(folder: Path) -> dict[str, Any]:
    """Prompts and lengths of a multi-vector folder; PyLate keeps both in another file."""
    if not (folder / "modules.json").is_file():
        fix = "open it with sentence_transformers.MultiVectorEncoder and save that"
        raise ModelError("the folder is in Stanford ColBERT's layout", where=folder, fix=fix)
    config = _json(folder / "config_sentence_transformers.json")
    own = _json(body_folder(folder) / "sentence_bert_config.json")
    lengths = _role_lengths(config) | _role_lengths(own)
    expansion = own.get("query_expansion") or {}
    if expansion.get("strategy") == "fixed":
        lengths["query_length"] = int(expansion["length"])
    return {**_prefixes({**config, "prompts": _marked_prompts(config)}), **lengths}


def _marked_prompts(config: dict[str, Any]) -> dict[str, str]:
    """The prompts, behind the markers that PyLate puts before query and document."""
    prompts: dict[str, str] = dict(config.get("prompts") or {})
    for role in ("query", "document"):
        marker = config.get(f"{role}_prefix")
        if marker:
            prompts[role] = marker + (prompts.get(role) or "").removeprefix(marker)
    return prompts


def _prefixes(config: dict[str, Any]) -> dict[str, str]:
    """What sentence-transformers puts before a query and a passage."""
    prompts: dict[str, str] = config.get("prompts") or {}
    default = prompts.get(config.get("default_prompt_name") or "", "")
    # sentence-transformers writes an empty "document" beside a prompt that is called "passage".
    passage = [prompts[key] for key in ("document", "passage", "corpus") if key in prompts]
    return {
        "query_prefix": prompts.get("query", default),
        "passage_prefix": next(filter(None, passage), "" if passage else default),
    }


def _role_lengths(settings: dict[str, Any]) -> dict[str, int]:
    lengths = {
        "query_length": settings.get("query_length"),
        "passage_length": settings.get("document_length"),
    }
    return {key: int(value) for key, value in lengths.items() if value is not None}


def _length(folder: Path) -> int:
    """The longest input, tokens: what the folder declares, within the positions that it has."""
    declared = _json(folder / "sentence_bert_config.json").get("max_seq_length")
    if declared is None:
        declared = _json(folder / "tokenizer_config.json").get("model_max_length")
    limit = positions(folder) or DEFAULT_LENGTH
    return min(int(declared), limit) if declared is not None else limit


def positions(folder: Path) -> int | None:
    """How many tokens a model has positions for; ``None`` where its configuration does not say."""
    config = _json(folder / "config.json")
    count = config.get("max_position_embeddings")
    if not isinstance(count, int) or count <= 0:
        return None
    offset = config.get("model_type") in OFFSET_POSITIONS
    return count - int(config.get("pad_token_id") or 0) - 1 if offset else count


def within_positions(spec: ModelSpec, folder: Path) -> ModelSpec:
    """Settings whose lengths the model in ``folder`` has positions for.

    A registry entry may be given for a folder that holds a shorter model than the published one.
    """
    limit = positions(folder)
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
