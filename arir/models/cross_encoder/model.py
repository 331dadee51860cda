"""Open a cross-encoder: a sequence classifier with one relevance logit, or two labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from arir.errors import ModelError
from arir.models.checkpoint import LOCAL, check_weights, opening
from arir.models.folders import body_folder

__all__ = ["CrossEncoder", "exact_head", "new_cross_encoder", "open_cross_encoder"]


@dataclass(frozen=True)
class CrossEncoder:
    """An open sequence classifier and its tokeniser."""

    model: Any
    tokenizer: Any

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        device: torch.device = self.model.device
        return device

    def logits(self, features: dict[str, torch.Tensor]) -> torch.Tensor:
        """The relevance logit of every pair; shape (pairs,).

        With one label that is the label's logit. With two, irrelevant and relevant, it is the
        log-odds of the relevant one, ``z_1 - z_0``: softmax gives the relevant label the
        probability ``sigmoid(z_1 - z_0)``.
        """
        logits: torch.Tensor = self.model(**features).logits.float()
        return logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]


def open_cross_encoder(folder: Path, device: torch.device) -> CrossEncoder:
    """Open the model in ``folder``, in single precision, to be used or trained further.

    Raises:
        ModelError: where the folder is damaged, lacks weights (of the head, say), or the head has
            more than two labels.
    """
    with opening(folder):
        model = AutoModelForSequenceClassification.from_pretrained(folder, **LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    labels = int(model.config.num_labels)
    if labels > 2:
        what = f"its head has {labels} labels; a reranker has one, or two (irrelevant, relevant)"
        raise ModelError(what, where=folder)
    check_weights(model, folder)
    return CrossEncoder(model.to(device=device, dtype=torch.float32).eval(), tokenizer)


def new_cross_encoder(folder: Path, device: torch.device, *, seed: int) -> CrossEncoder:
    """Put a head with one label, its weights drawn with ``seed``, on an encoder's body.

    Args:
        folder: a plain checkpoint, or a sentence-transformers folder whose body is taken.

    Raises:
        ModelError: where the folder is damaged, or the body lacks weights.
    """
    body = body_folder(folder)
    with torch.random.fork_rng(devices=[]), opening(folder):
        torch.manual_seed(seed)
        model = AutoModelForSequenceClassification.from_pretrained(body, num_labels=1, **LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(body, **LOCAL)
    check_weights(model, body, unused=("classifier", "pooler", "pre_classifier", "score"))
    return CrossEncoder(model.to(device=device, dtype=torch.float32).eval(), tokenizer)


def exact_head(model: Any) -> None:
    """Let the head of a model in half precision compute its logits in single precision.

    Logits in bfloat16 come in steps of 1/32 above 4, and so would tie where the pairs do not; the
    head is a hundred-thousandth of the work.
    """
    labels = int(model.config.num_labels)
    for module in model.modules():
        if isinstance(module, torch.nn.Linear) and module.out_features == labels:
            module.float().register_forward_pre_hook(_in_single_precision)


def _in_single_precision(_: torch.nn.Module, inputs: tuple[torch.Tensor]) -> tuple[torch.Tensor]:
    return (inputs[0].float(),)
