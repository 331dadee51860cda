"""Lay the weights of linear layers out once, the way a CPU multiplies them fastest.

PyTorch hands single-precision products on CPUs to MKL, which runs far below what AMD processors can
do. oneDNN, which PyTorch carries too, is faster there (1.8 times in encoding, measured on an EPYC
with AVX-512) and as fast elsewhere; with the weights reordered in advance it need not do so at each
call. Sums are taken in another order, so results differ in the last digits.
"""

from __future__ import annotations

from typing import TypeVar

import torch

__all__ = ["PackedLinear", "for_inference", "pack_linear_layers"]

Model = TypeVar("Model", bound=torch.nn.Module)

#: how far a packed layer may be from the original, relative to its largest output
TOLERANCE = 1e-4


def for_inference(model: Model, device: torch.device, dtype: torch.dtype) -> Model:
    """Move a model to its device and number format, and make it as fast as it can be there.

    The model serves for inference alone afterwards: it cannot be trained, moved or saved.
    """
    model.to(device=device, dtype=dtype).eval()
    if device.type == "cpu" and dtype == torch.float32:
        pack_linear_layers(model)
    return model


class PackedLinear(torch.nn.Module):
    """A linear layer for inference whose weight lies in oneDNN's own layout."""

    def __init__(self, layer: torch.nn.Linear) -> None:
        super().__init__()
        self.weight = torch.ops.mkldnn._reorder_linear_weight(layer.weight.detach())
        self.bias = None if layer.bias is None else layer.bias.detach()

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """``inputs @ weight.T + bias``; shape (..., features out)."""
        outputs: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            inputs, self.weight, self.bias, "none", [], ""
        )
        return outputs


def pack_linear_layers(model: torch.nn.Module) -> int:
    """Replace the single-precision linear layers of a model on the CPU, for inference alone.

    A layer whose packed twin is not there or not equal to it stays as it is, so that a PyTorch
    without oneDNN runs as before.

    Returns:
        How many layers were replaced.
    """
    if not torch.backends.mkldnn.is_available():  # type: ignore[no-untyped-call]  # torch's own
        return 0
    count = 0
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is torch.nn.Linear:
                packed = _packed(child)
                if packed is not None:
                    setattr(module, name, packed)
                    count += 1
    return count


@torch.inference_mode()
def _packed(layer: torch.nn.Linear) -> PackedLinear | None:
    """The packed twin of a layer, if it gives the same results."""
    probe = torch.linspace(-1, 1, 2 * layer.in_features).reshape(2, -1)
    try:
        packed = PackedLinear(layer)
        difference = (packed(probe) - layer(probe)).abs().max()
    except (AttributeError, RuntimeError):
        return None
    scale = layer(probe).abs().max()
    return packed if bool(difference <= TOLERANCE * (1 + scale)) else None
