"""Open a model by name, folder or hub id: :func:`load_encoder` and :func:`load_reranker`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from arir.errors import ModelError
from arir.models.folders import within_positions
from arir.models.hub import fetch_model
from arir.models.registry import find_model
from arir.models.spec import ModelSpec

if TYPE_CHECKING:
    from arir.models.bi_encoder.encoder import BiEncoder
    from arir.models.cross_encoder.reranker import CrossEncoderReranker
    from arir.models.protocols import Reranker

__all__ = ["load_encoder", "load_reranker"]


def load_encoder(
    name_or_path: str | Path | ModelSpec,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> BiEncoder:
    """Open a bi-encoder by registry name, local folder or hub id.

    Args:
        name_or_path: what to open; settings (:class:`ModelSpec`) are taken as they are.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (fp16 on CUDA, fp32 elsewhere), ``fp32``, ``bf16`` or ``fp16``.
        batch_tokens: tokens of a batch, padding included; by default what suits the device.

    Raises:
        ModelError: where there is no such model, it cannot be fetched or opened, or it is a
            cross-encoder.
        DependencyError: where the device is not there.
    """
    spec = name_or_path if isinstance(name_or_path, ModelSpec) else find_model(name_or_path)
    if spec.family != "bi-encoder":
        fix = "rerank with it (load_reranker, arir rerank --reranker), or choose a bi-encoder"
        raise ModelError(f"{spec.name} is a cross-encoder; it gives no vectors", fix=fix)
    return _open_bi_encoder(spec, device, precision, batch_tokens)


def load_reranker(
    name_or_path: str | Path,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> Reranker:
    """Open a cross-encoder, or a bi-encoder as a reranker, by name, local folder or hub id.

    Arguments and errors are those of :func:`load_encoder`, but that either family will do.
    """
    from arir.models.bi_encoder.reranker import BiEncoderReranker

    spec = find_model(name_or_path)
    if spec.family == "cross-encoder":
        return _open_cross_encoder(spec, device, precision, batch_tokens)
    return BiEncoderReranker(_open_bi_encoder(spec, device, precision, batch_tokens))


def _open_bi_encoder(
    spec: ModelSpec, device: str, precision: str, batch_tokens: int | None
) -> BiEncoder:
    folder = fetch_model(spec)
    spec = within_positions(spec, folder)
    from arir.models.bi_encoder.encoder import BiEncoder
    from arir.models.bi_encoder.model import open_bi_encoder
    from arir.models.devices import choose_device, choose_dtype
    from arir.models.packing import for_inference

    where = choose_device(device)
    dtype = choose_dtype(precision, where)
    model = for_inference(open_bi_encoder(spec, folder, where), where, dtype)
    return BiEncoder(spec, model, folder, batch_tokens)


def _open_cross_encoder(
    spec: ModelSpec, device: str, precision: str, batch_tokens: int | None
) -> CrossEncoderReranker:
    folder = fetch_model(spec)
    spec = within_positions(spec, folder)
    from arir.models.cross_encoder.model import open_cross_encoder
    from arir.models.cross_encoder.reranker import CrossEncoderReranker
    from arir.models.devices import choose_device, choose_dtype
    from arir.models.packing import for_inference

    where = choose_device(device)
    dtype = choose_dtype(precision, where)
    model = open_cross_encoder(folder, where)
    for_inference(model.model, where, dtype)
    return CrossEncoderReranker(spec, model, batch_tokens)
