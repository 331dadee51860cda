"""ColBERT's query augmentation: [MASK] tokens in the place of a query's padding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from arir.models.batching import Features

__all__ = ["Expansion", "expand", "expansion_of"]


@dataclass(frozen=True)
class Expansion:
    """How queries are filled up.

    Attributes:
        length: tokens that every query has at least.
        token: id of the token that fills it.
        attended: the other tokens see the filling; it counts in MaxSim either way.
    """

    length: int
    token: int
    attended: bool


def expansion_of(body: Any) -> Expansion | None:
    """What a Transformer module's ``query_expansion`` says; ``None`` where it has none.

    Raises:
        ValueError: where the vocabulary has no token to fill with, or texts are padded on the left.
    """
    settings = body.query_expansion
    if settings is None:
        return None
    tokenizer = body.tokenizer
    if tokenizer.padding_side == "left":
        raise ValueError("query expansion needs a tokeniser that pads on the right")
    own = settings["token"]
    token = tokenizer.mask_token_id if own is None else tokenizer.convert_tokens_to_ids(own)
    token = tokenizer.eos_token_id if token is None else token
    if token is None:
        raise ValueError("query expansion needs a tokeniser with a [MASK] token")
    return Expansion(int(settings["length"]), int(token), bool(settings["attend"]))


def expand(features: Features, expansion: Expansion) -> Features:
    """Fill padded queries up, as ``sentence_transformers`` does when it tokenises them.

    Args:
        features: tensors of shape (rows, width), padded on the right; they stay as they are.
        expansion: what to fill with.

    Returns:
        The features, at least ``expansion.length`` wide, and ``query_expansion_positions``, which
        marks the filling.

    >>> ids, mask = torch.tensor([[5, 6], [7, 0]]), torch.tensor([[1, 1], [1, 0]])
    >>> filled = expand({"input_ids": ids, "attention_mask": mask}, Expansion(3, 9, False))
    >>> filled["input_ids"].tolist(), filled["attention_mask"].tolist()
    ([[5, 6, 9], [7, 9, 9]], [[1, 1, 0], [1, 0, 0]])
    """
    missing = max(0, expansion.length - features["input_ids"].shape[1])
    wide = {
        name: torch.nn.functional.pad(values, (0, missing)) for name, values in features.items()
    }
    mask = wide["attention_mask"]
    places = torch.arange(mask.shape[1], device=mask.device)
    filling = (mask == 0) & (places < expansion.length)
    wide["input_ids"] = wide["input_ids"].masked_fill(filling, expansion.token)
    if expansion.attended:
        wide["attention_mask"] = mask.masked_fill(filling, 1)
    return {**wide, "query_expansion_positions": filling}
