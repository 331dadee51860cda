"""Open a sequence-to-sequence model (T5, mT5, BART ...) to score with it."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from arir.errors import ModelError
from arir.models.checkpoint import LOCAL, check_weights, opening
from arir.models.packing import for_inference

__all__ = ["Seq2Seq", "choose_seq2seq_precision", "is_seq2seq", "open_seq2seq", "word_id"]

#: what SentencePiece writes for the space before a word
SPACE = "▁"


@dataclass(frozen=True)
class Seq2Seq:
    """An open sequence-to-sequence model and its tokeniser."""

    model: Any
    tokenizer: Any

    @property
    def device(self) -> torch.device:
        """Where the weights lie."""
        device: torch.device = self.model.device
        return device


def is_seq2seq(folder: Path) -> bool:
    """Whether a folder holds an encoder and a decoder."""
    try:
        values = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(values, dict) and bool(values.get("is_encoder_decoder"))


def choose_seq2seq_precision(wish: str, device: torch.device) -> str:
    """The number format asked for; ``auto`` avoids fp16, whose range T5's activations leave."""
    if wish != "auto":
        return wish
    half = device.type == "cuda" and torch.cuda.is_bf16_supported()
    return "bf16" if half else "fp32"


def open_seq2seq(folder: Path, device: torch.device, dtype: torch.dtype) -> Seq2Seq:
    """Open the model in ``folder`` for inference alone.

    Raises:
        ModelError: where the folder is damaged, lacks weights, or is no such model.
    """
    if not is_seq2seq(folder):
        fix = "give a model such as T5 or mT5, or leave --teacher-kind out"
        raise ModelError("is no sequence-to-sequence model", where=folder, fix=fix)
    with opening(folder):
        model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32, **LOCAL)
        tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    check_weights(model, folder)
    if dtype != torch.float32:
        head = copy.deepcopy(model.lm_head)
        for_inference(model, device, dtype)
        model.lm_head = _in_single_precision(head, device)
        return Seq2Seq(model, tokenizer)
    return Seq2Seq(for_inference(model, device, dtype), tokenizer)


def _in_single_precision(head: torch.nn.Module, device: torch.device) -> torch.nn.Module:
    """The output layer; half precision would round logits to a sixteenth, and make ties."""

    def widen(_: torch.nn.Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values.float() for values in inputs)

    head.to(device=device, dtype=torch.float32).eval()
    head.register_forward_pre_hook(widen)
    return head


def word_id(tokenizer: Any, word: str, folder: object) -> int:
    """The id of the one token that writes ``word`` at the beginning of an answer.

    Raises:
        ModelError: where the vocabulary has no such token.
    """
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    spellings = (word,) if word.startswith(SPACE) else (f"{SPACE}{word}", word)
    for spelling in spellings:
        if spelling in vocabulary:
            return vocabulary[spelling]
    fix = "give the words that this model answers with (--true-word, --false-word)"
    raise ModelError(f"no single token for the answer '{word}'", where=folder, fix=fix)
