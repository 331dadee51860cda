"""Open a model by name, folder or hub id.

:func:`load_encoder` for a vector a text, :func:`load_late_encoder` for a vector a token,
:func:`load_reranker` for the order of candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from arir.errors import ModelError
from arir.models.concatenated_name import Part, parts_of
from arir.models.folders import within_positions
from arir.models.hub import fetch_model
from arir.models.registry import find_model
from arir.models.spec import ModelSpec

if TYPE_CHECKING:
    import torch

    from arir.models.bi_encoder.concatenation import ConcatenatedEncoder
    from arir.models.bi_encoder.encoder import BiEncoder
    from arir.models.cross_encoder.reranker import CrossEncoderReranker
    from arir.models.late_interaction.encoder import LateInteractionEncoder
    from arir.models.protocols import Encoder, Reranker

__all__ = ["load_encoder", "load_late_encoder", "load_reranker"]


def load_encoder(
    name_or_path: str | Path | ModelSpec,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> Encoder:
    """Open a bi-encoder by registry name, local folder or hub id, or several as ``a+b``.

    Of ``a+b``, or ``2*a+b`` with weights, the vectors are concatenated as the models give them, and
    the concatenation is scaled to unit length.

    Args:
        name_or_path: what to open; settings (:class:`ModelSpec`) are taken as they are.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (fp16 on CUDA, fp32 elsewhere), ``fp32``, ``bf16`` or ``fp16``.
        batch_tokens: tokens of a batch, padding included; by default what suits the device.

    Raises:
        ModelError: where there is no such model, it cannot be fetched or opened, or it is of
            another family.
        DependencyError: where the device is not there.
    """
    parts = None if isinstance(name_or_path, ModelSpec) else parts_of(name_or_path)
    if parts is not None:
        return _open_concatenation(parts, device, precision, batch_tokens)
    spec = name_or_path if isinstance(name_or_path, ModelSpec) else find_model(name_or_path)
    return _open_bi_encoder(_vector_spec(spec), device, precision, batch_tokens)


def _vector_spec(spec: ModelSpec) -> ModelSpec:
    """Settings of a model that gives a vector a text; any other is refused."""
    if spec.family == "late-interaction":
        what = f"{spec.name} is a late-interaction model; it gives a vector a token, not a text"
        fix = "open it with load_late_encoder, search an index of its own, or choose a bi-encoder"
        raise ModelError(what, fix=fix)
    if spec.family == "cross-encoder":
        raise _no_vectors(spec, "a bi-encoder")
    return spec


def _open_concatenation(
    parts: Sequence[Part], device: str, precision: str, batch_tokens: int | None
) -> ConcatenatedEncoder:
    """All parts, each as one of inner product: no vector is scaled before the concatenation is."""
    specs = [_vector_spec(find_model(part.name)) for part in parts]
    from arir.models.bi_encoder.concatenation import ConcatenatedEncoder

    encoders = [
        _open_bi_encoder(replace(spec, similarity="dot"), device, precision, batch_tokens)
        for spec in specs
    ]
    weights = [part.weight for part in parts]
    return ConcatenatedEncoder(encoders, weights, name="+".join(map(str, parts)))


def load_late_encoder(
    name_or_path: str | Path | ModelSpec,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> LateInteractionEncoder:
    """Open a late-interaction model by registry name, local folder or hub id.

    Arguments and errors are those of :func:`load_encoder`.
    """
    spec = name_or_path if isinstance(name_or_path, ModelSpec) else find_model(name_or_path)
    if spec.family == "bi-encoder":
        what = f"{spec.name} is a bi-encoder; it gives one vector a text, not one a token"
        raise ModelError(what, fix="choose a late-interaction model, or make one of it by training")
    if spec.family == "cross-encoder":
        raise _no_vectors(spec, "a late-interaction model")
    return _open_late_interaction(spec, device, precision, batch_tokens)


def _no_vectors(spec: ModelSpec, wanted: str) -> ModelError:
    fix = f"rerank with it (load_reranker, arir rerank --reranker), or choose {wanted}"
    return ModelError(f"{spec.name} is a cross-encoder; it gives no vectors", fix=fix)


def load_reranker(
    name_or_path: str | Path,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> Reranker:
    """Open a model of any family as a reranker, by name, local folder or hub id.

    Arguments and errors are those of :func:`load_encoder`, but that any family will do.
    """
    parts = parts_of(name_or_path)
    if parts is not None:
        from arir.models.bi_encoder.reranker import BiEncoderReranker

        return BiEncoderReranker(_open_concatenation(parts, device, precision, batch_tokens))
    spec = find_model(name_or_path)
    if spec.family == "cross-encoder":
        return _open_cross_encoder(spec, device, precision, batch_tokens)
    if spec.family == "late-interaction":
        from arir.models.late_interaction.reranker import LateInteractionReranker

        return LateInteractionReranker(
            _open_late_interaction(spec, device, precision, batch_tokens)
        )
    from arir.models.bi_encoder.reranker import BiEncoderReranker

    return BiEncoderReranker(_open_bi_encoder(spec, device, precision, batch_tokens))


def _fetched(spec: ModelSpec) -> tuple[ModelSpec, Path]:
    """Settings that the model has positions for, and its folder."""
    folder = fetch_model(spec)
    return within_positions(spec, folder), folder


def _placement(device: str, precision: str) -> tuple[torch.device, torch.dtype]:
    """Where a model is run, and in which number format."""
    from arir.models.devices import choose_device, choose_dtype

    where = choose_device(device)
    return where, choose_dtype(precision, where)


def _open_bi_encoder(
    spec: ModelSpec, device: str, precision: str, batch_tokens: int | None
) -> BiEncoder:
    spec, folder = _fetched(spec)
    from arir.models.bi_encoder.encoder import BiEncoder
    from arir.models.bi_encoder.model import open_bi_encoder
    from arir.models.packing import for_inference

    where, dtype = _placement(device, precision)
    model = for_inference(open_bi_encoder(spec, folder, where), where, dtype)
    return BiEncoder(spec, model, folder, batch_tokens)


def _open_late_interaction(
    spec: ModelSpec, device: str, precision: str, batch_tokens: int | None
) -> LateInteractionEncoder:
    spec, folder = _fetched(spec)
    from arir.models.late_interaction.encoder import LateInteractionEncoder
    from arir.models.late_interaction.model import open_late_interaction
    from arir.models.packing import for_inference

    where, dtype = _placement(device, precision)
    model = for_inference(open_late_interaction(spec, folder, where), where, dtype)
    return LateInteractionEncoder(spec, model, folder, batch_tokens)


def _open_cross_encoder(
    spec: ModelSpec, device: str, precision: str, batch_tokens: int | None
) -> CrossEncoderReranker:
    spec, folder = _fetched(spec)
    from arir.models.cross_encoder.model import exact_head, open_cross_encoder
    from arir.models.cross_encoder.reranker import CrossEncoderReranker
    from arir.models.packing import for_inference

    where, dtype = _placement(device, precision)
    model = open_cross_encoder(folder, where)
    exact_head(for_inference(model.model, where, dtype))
    return CrossEncoderReranker(spec, model, batch_tokens)
