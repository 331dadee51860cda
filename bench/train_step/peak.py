"""What a GPU could compute at best, which utilisation is a share of."""

from __future__ import annotations

import functools
import time

import torch
from transformers import BertModel

__all__ = ["fast_bf16", "parameters", "peak"]

#: dense products by NVIDIA's data sheets, 10^12 operations a second: bf16, and fp32 without TF32
GPUS = {
    "H200": (989.0, 67.0),
    "H100 PCIe": (756.0, 51.0),
    "H100": (989.0, 67.0),
    "A100": (312.0, 19.5),
    "L40S": (362.0, 91.6),
    "L4": (121.0, 30.3),
}
#: size of the matrices that are multiplied where a GPU is not in the table
SIZE = 8192


def fast_bf16(device: torch.device) -> bool:
    """Whether the device multiplies bfloat16 numbers itself."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    found = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return bool(found.get("avx512_bf16") or found.get("amx_bf16"))


@functools.cache
def peak(device: torch.device, precision: str) -> float:
    """Operations a second: of the data sheet, or of the best product of two square matrices."""
    name = torch.cuda.get_device_name(device)
    for known, (bf16, fp32) in GPUS.items():
        if known in name:
            return 1e12 * (bf16 if precision == "bf16" else fp32)
    return _measured(device, torch.bfloat16 if precision == "bf16" else torch.float32)


def _measured(device: torch.device, dtype: torch.dtype) -> float:
    matrix = torch.randn(SIZE, SIZE, device=device).to(dtype)
    times = []
    for _ in range(4):
        torch.cuda.synchronize()
        started = time.perf_counter()
        torch.mm(matrix, matrix)
        torch.cuda.synchronize()
        times.append(time.perf_counter() - started)
    return float(2 * SIZE**3 / min(times))


def parameters(bert: BertModel) -> int:
    """The weights of the layers; embeddings are looked up, not multiplied."""
    return sum(weight.numel() for weight in bert.encoder.parameters())
