"""Code-switched training text: words of a sentence replaced by their translations.

Litschko, Artemova and Plank, "Boosting Zero-shot Cross-lingual Retrieval by Training on
Artificially Code-Switched Data", Findings of ACL 2023 (arXiv 2305.05295): each token of an English
query or passage is translated with probability p (.25, .5, .75 and 1 in the authors' code) where a
lexicon knows it. Beyond it, entries of several words are matched as a whole, and of several
translations one is drawn.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from arir.augment.phrases import PhraseTable, word_spans

__all__ = ["CodeSwitcher", "code_switch", "code_switch_multilingual", "text_rng"]


def code_switch(text: str, lexicon: PhraseTable, p: float, rng: random.Random) -> str:
    """Replace words and phrases of a text by their translations (BL-CS).

    Each entry that is found, the longest first, is replaced with probability ``p`` by one of its
    translations, all equally likely. Everything else stays as it is: unknown words, punctuation,
    white space. A capital first letter, or capitals throughout, pass on to the translation.

    Args:
        text: in the lexicon's source language.
        lexicon: from :meth:`arir.augment.phrases.PhraseTable.build`.
        p: probability of replacement, in [0, 1].
        rng: where the draws come from; see :func:`text_rng`.

    Returns:
        The switched text; the text itself where nothing was replaced.

    Raises:
        ValueError: where ``p`` lies outside [0, 1].

    >>> lexicon = PhraseTable.build({"new york": ["نيويورك"], "river": ["نهر"], "york": ["يورك"]})
    >>> code_switch("The river (in New York)!", lexicon, 1.0, random.Random(0))
    'The نهر (in نيويورك)!'
    """
    return code_switch_multilingual(text, (lexicon,), p, rng)


def code_switch_multilingual(
    text: str, lexicons: Sequence[PhraseTable], p: float, rng: random.Random
) -> str:
    """The same with several target languages, one drawn anew at each word (ML-CS).

    Args:
        text: in the lexicons' common source language.
        lexicons: one for each target language, all equally likely. A word or phrase that the drawn
            language does not know stays whole, even where it knows a part of it.
        p: probability of replacement, in [0, 1].
        rng: where the draws come from.

    Returns:
        The switched text.

    Raises:
        ValueError: where ``p`` lies outside [0, 1] or no lexicon is given.

    >>> lexicons = [PhraseTable.build({"river": [word]}) for word in ("نهر", "Fluss")]
    >>> code_switch_multilingual("river river River", lexicons, 1.0, random.Random(3))
    'نهر Fluss نهر'
    """
    _check_probability(p)
    if not lexicons:
        raise ValueError("code-switching needs at least one lexicon")
    spans = word_spans(text)
    pieces: list[str] = []
    kept = position = 0
    while position < len(spans):
        found = [lexicon.longest_match(text, spans, position) for lexicon in lexicons]
        words = max((unit.words for unit in found if unit is not None), default=1)
        unit = rng.choice(found)
        if unit is not None and unit.words == words and rng.random() < p:
            start, end = spans[position][0], spans[position + words - 1][1]
            target = _cased_like(text[start:end], rng.choice(unit.targets))
            pieces += [text[kept:start], target]
            kept = end
        position += words
    return "".join([*pieces, text[kept:]])


def _cased_like(source: str, target: str) -> str:
    if len(source) > 1 and source.isupper():
        return target.upper()
    return target[:1].upper() + target[1:] if source[:1].isupper() else target


def _check_probability(p: float) -> None:
    if not 0 <= p <= 1:
        raise ValueError(f"the probability of replacement must lie in [0, 1], not {p}")


def text_rng(seed: int, *key: object) -> random.Random:
    """A generator that depends on a seed and a key alone, in whatever order texts are seen.

    >>> text_rng(7, "q1").random() == text_rng(7, "q1").random() != text_rng(7, "q2").random()
    True
    """
    digest = hashlib.blake2b(repr((seed, *key)).encode(), digest_size=16).digest()
    return random.Random(int.from_bytes(digest, "big"))


@dataclass(frozen=True)
class CodeSwitcher:
    """Code-switches queries and passages, the same text always in the same way.

    Attributes:
        lexicons: one for each target language.
        query_p: probability of replacement in queries; 0 leaves queries alone.
        passage_p: the same in passages.
        seed: with the text's id, its side and the epoch, decides every draw.
    """

    lexicons: tuple[PhraseTable, ...]
    query_p: float = 0.5
    passage_p: float = 0.5
    seed: int = 0

    def __post_init__(self) -> None:
        _check_probability(self.query_p)
        _check_probability(self.passage_p)
        if not self.lexicons:
            raise ValueError("code-switching needs at least one lexicon")

    def query(self, identifier: str, text: str, epoch: int = 0) -> str:
        """Switch a query; another epoch draws anew."""
        return self._switch("query", identifier, text, self.query_p, epoch)

    def passage(self, identifier: str, text: str, epoch: int = 0) -> str:
        """Switch a passage; another epoch draws anew."""
        return self._switch("passage", identifier, text, self.passage_p, epoch)

    def _switch(
        self, side: Literal["query", "passage"], identifier: str, text: str, p: float, epoch: int
    ) -> str:
        if p == 0:
            return text
        rng = text_rng(self.seed, side, identifier, epoch)
        return code_switch_multilingual(text, self.lexicons, p, rng)
