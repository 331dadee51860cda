"""Which pieces of the student stand for words of a bilingual lexicon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from arir.init_student.pieces import average_rows, pieces_of, tokens_as_rows, width_of

if TYPE_CHECKING:
    from scipy.sparse import csr_array

__all__ = ["lexicon_pieces", "stem_of"]

#: letters of a piece that says something of the words that contain it
FEWEST_LETTERS = 3


def lexicon_pieces(
    lexicon: Mapping[str, Sequence[str]], student: Any, teacher: Any
) -> tuple[csr_array, csr_array]:
    """The teacher's pieces for whole words of a lexicon, and for the parts of its words.

    A piece that is a translation, or the stem of one between affixes, gets the pieces of its source
    words or phrases, every source in equal parts. A piece of three letters or more gets the average
    over the translations that it is a part of. Translations of several words are left out, since
    which of them means what is not known.

    Args:
        lexicon: source word or phrase -> translations, as :func:`arir.data.lexicon.read_lexicon`
            gives them.
        student: tokeniser of the translations.
        teacher: tokeniser of the sources.

    Returns:
        Two matrices of shape (student's pieces, teacher's pieces); rows sum to 1 or are empty.
    """
    entries = [
        (source, target)
        for source, targets in lexicon.items()
        for target in targets
        if len(target.split()) == 1
    ]
    meanings = average_rows(tokens_as_rows(teacher, [source for source, _ in entries]))
    words = [target for _, target in entries]
    whole = _whole_words(words, student).T @ meanings
    parts = _parts(words, student).T @ meanings
    return average_rows(whole.tocsr()), average_rows(parts.tocsr())


def stem_of(word: str, tokenizer: Any) -> str:
    """The longest of the units into which a tokeniser sets a word's affixes apart, normalised."""
    core = tokenizer.backend_tokenizer
    normalised = core.normalizer.normalize_str(word) if core.normalizer else word
    units = [unit for unit, _ in core.pre_tokenizer.pre_tokenize_str(normalised)]
    return max(units, key=len, default="")


def _whole_words(words: Sequence[str], student: Any) -> csr_array:
    """Weight 1 where a word's stem is one piece; shape (words, student's pieces)."""
    from scipy.sparse import csr_array

    vocabulary: dict[str, int] = student.get_vocab()
    places = [vocabulary.get(stem_of(word, student)) for word in words]
    rows = np.array([row for row, place in enumerate(places) if place is not None], dtype=np.int64)
    columns = np.array([place for place in places if place is not None], dtype=np.int64)
    shape = (len(words), width_of(student))
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=shape)


def _parts(words: Sequence[str], student: Any) -> csr_array:
    """How often each piece of letters enough stands in each word."""
    from scipy.sparse import csr_array, diags_array

    letters = [len(piece.removeprefix("##")) for piece in pieces_of(student)]
    telling = diags_array((np.array(letters) >= FEWEST_LETTERS).astype(float))
    counts = csr_array(tokens_as_rows(student, words) @ telling)
    counts.eliminate_zeros()
    return counts
