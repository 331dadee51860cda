"""Packed layers give the same results, and what cannot be packed stays as it is."""

from __future__ import annotations

import pytest
import torch
from torch.nn import Linear, Module, Sequential, Tanh

from arir.models.packing import PackedLinear, for_inference, pack_linear_layers

CPU = torch.device("cpu")


def _network() -> Sequential:
    torch.manual_seed(0)
    return Sequential(Linear(24, 48), Tanh(), Sequential(Linear(48, 8, bias=False)))


@pytest.fixture
def one_dnn() -> None:
    if not torch.backends.mkldnn.is_available():
        pytest.skip("this PyTorch is built without oneDNN")


@pytest.mark.usefixtures("one_dnn")
@pytest.mark.parametrize("shape", [(24,), (1, 24), (3, 5, 24), (0, 24)])
def test_results_stay_the_same(shape: tuple[int, ...]) -> None:
    plain, packed = _network(), _network()
    assert pack_linear_layers(packed) == 2
    inputs = torch.randn(shape)
    with torch.inference_mode():
        torch.testing.assert_close(packed(inputs), plain(inputs), atol=1e-6, rtol=1e-5)


@pytest.mark.usefixtures("one_dnn")
def test_only_single_precision_on_the_cpu_is_packed() -> None:
    single = for_inference(_network(), CPU, torch.float32)
    half = for_inference(_network(), CPU, torch.bfloat16)
    assert isinstance(single[0], PackedLinear)
    assert not single.training
    assert isinstance(half[0], Linear)
    assert half[0].weight.dtype == torch.bfloat16


def test_without_one_dnn_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    network = _network()
    assert pack_linear_layers(network) == 0
    assert isinstance(network[0], Linear)


@pytest.mark.parametrize("fault", ["raises", "differs"])
def test_a_layer_that_cannot_be_packed_stays(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    class Faulty(Module):
        def __init__(self, layer: Linear) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            if fault == "raises":
                raise RuntimeError
            return self.layer(inputs) + 0.1

    monkeypatch.setattr("arir.models.packing.PackedLinear", Faulty)
    network = _network()
    assert pack_linear_layers(network) == 0
    assert isinstance(network[0], Linear)


def test_a_subclass_with_a_meaning_of_its_own_stays() -> None:
    class Doubling(Linear):
        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            return 2 * super().forward(inputs)

    network = Sequential(Doubling(4, 4))
    assert pack_linear_layers(network) == 0
