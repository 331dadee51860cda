"""What a student's pieces are in the body's vocabulary: the same piece, or its spelling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arir.errors import ModelError
from arir.models.bi_encoder.vocabulary import SPECIAL

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = [
    "average_rows",
    "pieces_of",
    "shared_pieces",
    "spelled_pieces",
    "tokens_as_rows",
    "width_of",
]

#: marks inside and at the head of words: WordPiece's, SentencePiece's, byte-level BPE's
INSIDE, METASPACE, BYTE_SPACE = "##", "▁", "Ġ"
#: signs that Arabic writes otherwise
SIGNS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹،؛؟٪٫٬", "01234567890123456789,;?%.,")


def width_of(tokenizer: Any) -> int:
    """How many rows of embeddings a vocabulary needs; numbers may be left out between."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    return 1 + max(vocabulary.values())


def pieces_of(tokenizer: Any) -> list[str]:
    """All pieces of a vocabulary by their number; numbers that stand for none are empty."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    pieces = [""] * width_of(tokenizer)
    for piece, number in vocabulary.items():
        pieces[number] = piece
    return pieces


def shared_pieces(student: Any, teacher: Any) -> csr_array:
    """Weight 1 where a piece of the student is one of the teacher, both at the same place in words.

    Special tokens go by their role, so that ``[CLS]`` may be ``<s>``.

    Returns:
        Shape (pieces of the student, pieces of the teacher).

    Raises:
        ModelError: where the teacher's tokeniser is of no known kind.
    """
    known = _places(teacher)
    pairs = []
    roles = {getattr(student, role): getattr(teacher, f"{role}_id") for role in SPECIAL}
    special = set(student.all_special_tokens)
    for number, piece in enumerate(pieces_of(student)):
        place = roles.get(piece) if piece in special else known.get(_inner(piece))
        if place is not None:
            pairs.append((number, place))
    return _ones(pairs, (width_of(student), width_of(teacher)))


def _places(tokenizer: Any) -> dict[tuple[str, bool], int]:
    """The number of each (letters, whether inside a word)."""
    if not getattr(tokenizer, "is_fast", False):
        raise ModelError("the body's tokeniser has no fast version")
    kind = json.loads(tokenizer.backend_tokenizer.to_str())["model"]["type"]
    special = set(tokenizer.all_special_tokens)
    pieces = [(n, piece) for n, piece in enumerate(pieces_of(tokenizer)) if piece not in special]
    if kind == "WordPiece":
        return {_inner(piece): number for number, piece in pieces}
    return {
        (piece.lstrip(METASPACE + BYTE_SPACE), piece[:1] not in {METASPACE, BYTE_SPACE}): number
        for number, piece in pieces
    }


def _inner(piece: str) -> tuple[str, bool]:
    inside = piece.startswith(INSIDE) and len(piece) > len(INSIDE)
    return (piece.removeprefix(INSIDE) if inside else piece, inside)


def spelled_pieces(student: Any, teacher: Any) -> csr_array:
    """The teacher's pieces in the spelling of each ASCII piece, in equal parts.

    Arabic digits and punctuation are spelled as their Latin counterparts.

    Returns:
        Shape (pieces of the student, pieces of the teacher); rows sum to 1 or are empty.
    """
    special = set(student.all_special_tokens)
    spelled = [
        "" if piece in special else _inner(piece)[0].translate(SIGNS)
        for piece in pieces_of(student)
    ]
    return average_rows(tokens_as_rows(teacher, [s if s.isascii() else "" for s in spelled]))


def tokens_as_rows(tokenizer: Any, texts: Sequence[str]) -> csr_array:
    """How often each piece occurs in each text; shape (texts, pieces), unknown pieces left out."""
    from scipy.sparse import csr_array

    rows = tokenizer(list(texts), add_special_tokens=False)["input_ids"] if texts else []
    unknown = tokenizer.unk_token_id
    kept = [[number for number in row if number != unknown] for row in rows]
    bounds = np.cumsum([0, *map(len, kept)])
    tokens = np.array([number for row in kept for number in row], dtype=np.int64)
    counts = csr_array(
        (np.ones(len(tokens)), tokens, bounds), shape=(len(texts), width_of(tokenizer))
    )
    counts.sum_duplicates()
    return counts


def average_rows(weights: csr_array) -> csr_array:
    """The same matrix, not negative, with rows that sum to 1; empty rows stay empty.

    >>> from scipy.sparse import csr_array
    >>> average_rows(csr_array([[1.0, 3.0], [0.0, 0.0]])).toarray().tolist()
    [[0.25, 0.75], [0.0, 0.0]]
    """
    from scipy.sparse import csr_array, diags_array

    sums = np.asarray(weights.sum(axis=1)).ravel()
    factors = np.divide(1.0, sums, out=np.zeros_like(sums, dtype=np.float64), where=sums > 0)
    return csr_array(diags_array(factors) @ weights)


def _ones(pairs: Sequence[tuple[int, int]], shape: tuple[int, int]) -> csr_array:
    from scipy.sparse import csr_array

    rows, columns = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return csr_array((np.ones(len(pairs)), (rows, columns)), shape=shape)
