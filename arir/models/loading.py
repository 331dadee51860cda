"""Open a model by name, folder or hub id: :func:`load_encoder` and :func:`load_reranker`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from arir.errors import ModelError
from arir.models.hub import fetch_model
from arir.models.registry import find_model

if TYPE_CHECKING:
    from arir.models.bi_encoder.encoder import BiEncoder

__all__ = ["load_encoder"]


def load_encoder(
    name_or_path: str | Path,
    device: str = "auto",
    precision: str = "auto",
    batch_tokens: int | None = None,
) -> BiEncoder:
    """Open a bi-encoder by registry name, local folder or hub id.

    Args:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``.
        precision: ``auto`` (fp16 on CUDA, fp32 elsewhere), ``fp32``, ``bf16`` or ``fp16``.
        batch_tokens: tokens of a batch, padding included; by default what suits the device.

    Raises:
        ModelError: where there is no such model, it cannot be fetched or opened, or it is a
            cross-encoder.
        DependencyError: where the device is not there.
    """
    spec = find_model(name_or_path)
    if spec.family != "bi-encoder":
        fix = "use it with load_reranker or --reranker, or choose a bi-encoder"
        raise ModelError(f"{spec.name} is a cross-encoder, which encodes no single text", fix=fix)
    folder = fetch_model(spec)
    from arir.models.bi_encoder.encoder import BiEncoder
    from arir.models.bi_encoder.model import open_bi_encoder
    from arir.models.devices import choose_device, choose_dtype

    where = choose_device(device)
    model = open_bi_encoder(spec, folder, where, choose_dtype(precision, where))
    return BiEncoder(spec, model, folder, _normaliser(spec.profile), batch_tokens)


def _normaliser(profile: str) -> Callable[[str], str]:
    if profile == "none":
        return str
    raise ModelError(f"the profile {profile} is not there")
