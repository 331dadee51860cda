"""Weights in half precision on disk, which every library computes with in single precision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from arir.errors import ModelError
from arir.models.saving import saving_weights

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Weights", "halve_weights"]

Weights = Literal["fp32", "fp16"]


def halve_weights(folder: Path, output: Path) -> None:
    """Store the weights of a saved model in fp16; what is not floating point stays as it is.

    Configurations go on declaring float32. transformers opens a checkpoint in the number format
    that ``config.json`` declares, whatever that of the tensors, and the modules of
    sentence-transformers copy tensors into parameters that are float32; so plain use on a CPU is
    in single precision, where half precision would be slow and inexact.

    Args:
        folder: the model as its family saved it.
        output: the folder that messages name.

    Raises:
        ModelError: naming a weight that is beyond the range of fp16, or not finite.
        OutputError: where the disk is full or does not take the weights.
    """
    from safetensors import safe_open
    from safetensors.torch import save_file

    for file in sorted(folder.rglob("*.safetensors")):
        with safe_open(file, framework="pt") as opened:
            metadata, names = opened.metadata(), list(opened.keys())
            halved = {name: _halved(opened.get_tensor(name), name, output) for name in names}
        # Tensors that stay as they are may still be read from the file.
        written = file.with_name(f"{file.name}.half")
        with saving_weights(output):
            save_file(halved, written, metadata)
        written.replace(file)


def _halved(tensor: Tensor, name: str, output: Path) -> Tensor:
    import torch

    if not tensor.is_floating_point():
        return tensor
    halved = tensor.to(torch.float16)
    if not bool(halved.isfinite().all()):
        largest = float(tensor.abs().max())
        limit = torch.finfo(torch.float16).max
        what = f"{name} reaches {largest:.4g}, and fp16 ends at {limit:.0f}"
        raise ModelError(what, where=output, fix="store the weights in fp32 (--weights fp32)")
    return halved.contiguous()
