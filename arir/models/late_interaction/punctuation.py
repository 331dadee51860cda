"""Punctuation marks, whose vectors carry nothing that a passage should be found by."""

from __future__ import annotations

import string
from collections.abc import Iterable
from typing import Any

__all__ = ["PUNCTUATION", "punctuation_pieces"]

#: Latin and Arabic marks, and the quotation marks, dashes and dots of both scripts
PUNCTUATION = string.punctuation + "،؛؟٪٫٬٭۔" + "«»‹›“”„‘’‚‐‑‒–—―…·•"
#: how tokenisers write that a piece continues a word (WordPiece), or begins one (SentencePiece)
MARKS = ("", "##", "▁")


def punctuation_pieces(tokenizer: Any, characters: Iterable[str] = PUNCTUATION) -> list[str]:
    """The pieces of a vocabulary that stand for one of these characters and nothing else.

    A character whose bytes are pieces of their own (byte-level vocabularies) has none.
    """
    vocabulary = tokenizer.get_vocab()
    pieces: dict[str, None] = {}
    for character in characters:
        forms = [mark + character for mark in MARKS]
        # Byte-level vocabularies write characters in an alphabet of their own.
        for text in (character, f" {character}"):
            split = tokenizer.tokenize(text)
            forms += split if len(split) == 1 else []
        pieces |= dict.fromkeys(form for form in forms if form in vocabulary)
    return [piece for piece in pieces if piece != tokenizer.unk_token]
