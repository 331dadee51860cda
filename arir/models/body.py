"""The body of an encoder: the Transformer module that gives a vector for each token of a text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Transformer

from arir.errors import ModelError
from arir.models.checkpoint import LOCAL, check_weights
from arir.models.folders import body_folder

__all__ = ["check_body", "open_body", "plain_body"]


def plain_body(folder: Path) -> Any:
    """The Transformer module of a plain checkpoint."""
    return Transformer(str(folder), model_kwargs=LOCAL, processor_kwargs=LOCAL, config_kwargs=LOCAL)


def open_body(folder: Path) -> Any:
    """The Transformer module of a plain checkpoint or of a bi-encoder's folder, on the CPU."""
    if (folder / "modules.json").is_file():
        return SentenceTransformer(str(folder), device="cpu", **LOCAL)[0]
    return plain_body(folder)


def check_body(body: Any, folder: Path) -> None:
    """Make sure that a model's first module gives a trained vector for each token of a text.

    Raises:
        ModelError: where it does not.
    """
    if not isinstance(body, Transformer):
        what = f"its first module is {type(body).__name__}, not Transformer"
        raise ModelError(what, where=folder)
    # Encoders read token vectors, never the backbone's own pooler.
    check_weights(body.model, body_folder(folder), unused=("pooler.",))
    if "text" not in body.modality_config:
        what = f"its backbone {type(body.model).__name__} gives no vector for each token of a text"
        raise ModelError(what, where=folder)
