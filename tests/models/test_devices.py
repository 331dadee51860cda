"""A device or number format is what was asked for, or a clear refusal; never silently another."""

from __future__ import annotations

import pytest
import torch

from arir.errors import ConfigError, DependencyError
from arir.models.devices import choose_device, choose_dtype

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.mark.usefixtures("no_gpu")
def test_auto_falls_back_to_the_cpu() -> None:
    assert choose_device("auto") == CPU


@pytest.mark.usefixtures("two_gpus")
def test_auto_takes_cuda_first() -> None:
    assert choose_device("auto") == CUDA
    assert choose_device("cuda:1") == torch.device("cuda", 1)


@pytest.mark.usefixtures("no_gpu")
@pytest.mark.parametrize("wish", ["cuda", "cuda:0", "mps"])
def test_a_missing_device_is_refused(wish: str) -> None:
    with pytest.raises(DependencyError, match="use --device auto or cpu"):
        choose_device(wish)


@pytest.mark.usefixtures("two_gpus")
def test_a_third_gpu_of_two_is_refused() -> None:
    with pytest.raises(DependencyError, match=r"no device cuda:2: this machine has 2 CUDA"):
        choose_device("cuda:2")


@pytest.mark.parametrize("wish", ["gpu", "", "cuda:x", "meta"])
def test_what_is_no_device_is_refused(wish: str) -> None:
    with pytest.raises(ConfigError, match=f"no device '{wish}'; use auto, cpu"):
        choose_device(wish)


@pytest.mark.parametrize(
    ("precision", "device", "expected"),
    [
        ("auto", CPU, torch.float32),
        ("auto", CUDA, torch.float16),
        ("fp32", CUDA, torch.float32),
        ("bf16", CPU, torch.bfloat16),
        ("fp16", CPU, torch.float16),
    ],
)
def test_precision(precision: str, device: torch.device, expected: torch.dtype) -> None:
    assert choose_dtype(precision, device) == expected


def test_an_unknown_precision_is_refused() -> None:
    with pytest.raises(ConfigError, match="no precision 'int8'"):
        choose_dtype("int8", CPU)


def test_bf16_on_a_gpu_without_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    with pytest.raises(DependencyError, match="no bfloat16; use --precision fp16"):
        choose_dtype("bf16", CUDA)
