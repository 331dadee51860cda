"""Choose the device and the number format that a model runs with."""

from __future__ import annotations

from typing import Literal, get_args

import torch

from arir.errors import ConfigError, DependencyError

__all__ = ["Precision", "choose_device", "choose_dtype"]

Precision = Literal["auto", "fp32", "bf16", "fp16"]
DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def choose_device(wish: str = "auto") -> torch.device:
    """The device asked for; ``auto`` takes CUDA, then Apple's MPS, then the CPU.

    Raises:
        ConfigError: for a name that is no device.
        DependencyError: for a device that this machine does not have.
    """
    if wish == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(wish)
    except RuntimeError:
        device = None
    if device is None or device.type not in {"cpu", "cuda", "mps"}:
        raise ConfigError(f"no device '{wish}'", fix="use auto, cpu, cuda, cuda:N or mps")
    missing = _missing(device)
    if missing:
        raise DependencyError(missing, fix="use --device auto or cpu")
    return device


def _missing(device: torch.device) -> str | None:
    """What stands against a device; ``None`` where it can be used."""
    if device.type == "mps" and not torch.backends.mps.is_available():
        return "this machine has no MPS device"
    if device.type != "cuda":
        return None
    if not torch.cuda.is_available():
        built = "this PyTorch is built without CUDA" if torch.version.cuda is None else ""
        return f"no CUDA device is there{f' ({built})' if built else ''}"
    if device.index is not None and device.index >= torch.cuda.device_count():
        return f"no device {device}: this machine has {torch.cuda.device_count()} CUDA device(s)"
    return None


def choose_dtype(precision: str, device: torch.device) -> torch.dtype:
    """The number format of weights and activations; ``auto`` is fp16 on CUDA, fp32 elsewhere.

    Half precision carries ten bits of mantissa where bfloat16 carries seven, and the encoders here
    stay far from its range, so ``auto`` prefers it; scores are summed in single precision.

    Raises:
        ConfigError: for an unknown format.
        DependencyError: for bf16 on a CUDA device without it.
    """
    if precision not in get_args(Precision):
        raise ConfigError(f"no precision '{precision}'", fix="use auto, fp32, bf16 or fp16")
    if precision == "auto":
        return torch.float16 if device.type == "cuda" else torch.float32
    if precision == "bf16" and device.type == "cuda" and not torch.cuda.is_bf16_supported():
        raise DependencyError("this CUDA device has no bfloat16", fix="use --precision fp16")
    return DTYPES[precision]
