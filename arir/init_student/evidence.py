"""What is known of the meaning of a student's pieces, gathered from bitext and lexicons."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from arir.data.bitext import read_bitext
from arir.data.lexicon import read_lexicon
from arir.errors import DataError
from arir.init_student.config import InitStudentConfig
from arir.init_student.pieces import spelled_pieces, width_of
from arir.text import get_profile

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from arir.models.token_store import TokenStore

__all__ = ["gather_evidence"]

#: most pieces of a sentence; longer ones are mostly whole passages, and align badly
LONGEST = 128


def gather_evidence(config: InitStudentConfig, student: Any, teacher: Any) -> dict[str, csr_array]:
    """Weights of the teacher's pieces for the student's, by origin, the most telling first.

    Raises:
        DataError: where bitext or a lexicon is unusable.
    """
    evidence = {"from their spelling": spelled_pieces(student, teacher)}
    if config.method == "alignment":
        from arir.init_student.alignment import align_pieces

        english, other = _tokenised_pairs(config, student, teacher)
        evidence["from alignment"] = align_pieces(english, other, config.iterations)
    if config.lexicon:
        from arir.init_student.lexicon_pieces import lexicon_pieces

        normalise = get_profile(config.profile)
        lexicon = {
            source: tuple(normalise(target) for target in targets)
            for source, targets in read_lexicon(*config.lexicon).items()
        }
        whole, parts = lexicon_pieces(lexicon, student, teacher)
        evidence |= {"from the lexicon": whole, "from parts of its words": parts}
    return evidence


def _tokenised_pairs(
    config: InitStudentConfig, student: Any, teacher: Any
) -> tuple[csr_array, csr_array]:
    """How often each piece stands in each sentence, on the teacher's side and on the student's."""
    from arir.models.token_store import tokenise_texts

    pairs = list(islice(_pairs(config.bitext), config.max_pairs))
    normalise = get_profile(config.profile)
    sides = (
        tokenise_texts(teacher, (source for source, _ in pairs), LONGEST + 1, special=False),
        tokenise_texts(
            student, (normalise(target) for _, target in pairs), LONGEST + 1, special=False
        ),
    )
    short = (sides[0].lengths <= LONGEST) & (sides[1].lengths <= LONGEST)
    if not short.any():
        what = f"no pair has {LONGEST} pieces or fewer on both sides"
        raise DataError(what, where=config.bitext[0], fix="give sentences, not passages")
    english, other = _counts(sides[0], teacher), _counts(sides[1], student)
    return english[short], other[short]


def _pairs(files: tuple[Path, ...]) -> Iterator[tuple[str, str]]:
    for file in files:
        for translation in read_bitext(file, targets=None):
            for target in filter(None, translation.targets):
                yield translation.source, target


def _counts(store: TokenStore, tokenizer: Any) -> csr_array:
    from scipy.sparse import csr_array

    tokens = store.tokens.astype(np.int32)
    ones = np.ones(len(tokens))
    counts = csr_array((ones, tokens, store.offsets), shape=(len(store), width_of(tokenizer)))
    counts.sum_duplicates()
    return _without_unknown(counts, tokenizer)


def _without_unknown(counts: csr_array, tokenizer: Any) -> csr_array:
    if tokenizer.unk_token_id is not None:
        counts.data[counts.indices == tokenizer.unk_token_id] = 0.0
        counts.eliminate_zeros()
    return counts
