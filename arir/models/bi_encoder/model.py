"""Open a bi-encoder: a sentence-transformers folder, or a plain checkpoint and a pooling."""

from __future__ import annotations

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling

from arir.errors import ModelError
from arir.models.body import check_body, plain_body
from arir.models.checkpoint import LOCAL, opening
from arir.models.spec import ModelSpec

__all__ = ["open_bi_encoder"]


def open_bi_encoder(spec: ModelSpec, folder: Path, device: torch.device) -> SentenceTransformer:
    """Open the model in ``folder``, in single precision, to be used or trained further.

    A sentence-transformers folder keeps its own modules; a plain checkpoint gets ``spec.pooling``.

    Raises:
        ModelError: where the folder is damaged, lacks weights, or is no text encoder.
    """
    with opening(folder):
        if (folder / "modules.json").is_file():
            model = SentenceTransformer(str(folder), device=str(device), **LOCAL)
        else:
            model = SentenceTransformer(modules=_plain(spec, folder), device=str(device))
    check_body(model[0], folder)
    _check_prompt(model, spec, folder)
    # A checkpoint saved in half precision is opened so by newer versions of transformers.
    return model.to(torch.float32).eval()


def _plain(spec: ModelSpec, folder: Path) -> list[torch.nn.Module]:
    if spec.pooling is None:
        fix = "copy the whole sentence-transformers folder, modules.json included"
        raise ModelError(f"nothing says how {spec.name} pools tokens", where=folder, fix=fix)
    body = plain_body(folder)
    return [body, Pooling(body.get_embedding_dimension(), pooling_mode=spec.pooling)]


def _check_prompt(model: SentenceTransformer, spec: ModelSpec, folder: Path) -> None:
    excludes = any(getattr(module, "include_prompt", True) is False for module in model)
    if excludes and (spec.query_prefix or spec.passage_prefix):
        raise ModelError("its pooling leaves out the prompt, which arir cannot do", where=folder)
