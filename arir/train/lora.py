"""Low-rank updates in place of a body's weights, by peft; merged when the training ends."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch

from arir.errors import DependencyError

__all__ = ["merged", "require_peft", "with_lora"]


def require_peft() -> None:
    """Stop before long work that would end for want of peft.

    Raises:
        DependencyError: where it is not installed.
    """
    if find_spec("peft") is None:
        raise DependencyError("lora-rank needs peft", fix="pip install 'arir[lora]'")


def with_lora(learner: Any, rank: int, seed: int) -> None:
    """Freeze the student's body, and train updates of rank ``rank`` to all its linear layers.

    What lies above the body (head, projection) is trained in full. Hu et al., 2022
    (arXiv 2106.09685); the updates are scaled by ``alpha / rank`` = 2.

    Args:
        seed: of the updates' first factor; the second one begins at zero.

    Raises:
        DependencyError: where peft is not installed.
    """
    require_peft()
    from peft import LoraConfig, inject_adapter_in_model

    body = learner.body
    for parameter in body.parameters():
        parameter.requires_grad = False
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        inject_adapter_in_model(config, body)


def merged(learner: Any) -> None:
    """Add the updates to the weights, so that the student is a plain model again."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    body = learner.body
    for name, module in list(body.named_modules()):
        if isinstance(module, BaseTunerLayer):
            module.merge()
            parent = body.get_submodule(name.rpartition(".")[0])
            setattr(parent, name.rpartition(".")[2], module.get_base_layer())
    vars(body).pop("peft_config", None)
    for parameter in body.parameters():
        parameter.requires_grad = True
