"""Cut texts that are too long for a model, and say so once."""

from __future__ import annotations

import logging
from typing import Any

__all__ = ["Truncation", "cut_text"]

logger = logging.getLogger("arir.models")


class Truncation:
    """Counts the texts that a model had to cut, and warns at the first.

    Attributes:
        count: how many texts were cut so far.
    """

    def __init__(self, model: str) -> None:
        self.model = model
        self.count = 0

    def add(self, count: int, what: str, limit: int) -> None:
        """Note that ``count`` texts were cut to ``limit`` tokens."""
        if count and not self.count:
            logger.warning("%s: %s longer than %d tokens are cut", self.model, what, limit)
        self.count += count


def cut_text(tokenizer: Any, text: str, limit: int) -> str:
    """The beginning of a text that makes at most ``limit`` tokens, special tokens not counted."""
    encoded = tokenizer(
        text,
        add_special_tokens=False,
        truncation=True,
        max_length=limit,
        return_offsets_mapping=True,
    )
    if not encoded.encodings[0].overflowing:
        return text
    return text[: encoded["offset_mapping"][-1][1]]
