"""Words in running text, and lexicon entries of one or more words found among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["ENGLISH_STOP_WORDS", "PhraseTable", "Unit", "word_spans"]

#: those of Lucene's EnglishAnalyzer
ENGLISH_STOP_WORDS = frozenset(
    """
    a an and are as at be but by for if in into is it no not of on or such that the their then there
    these they this to was will with
    """.split()  # noqa: SIM905 - 33 quoted words would be harder to read
)

#: combining marks, such as Arabic vowels, which Python's \w leaves out
MARKS = "".join(
    chr(code) for code in range(0x300, 0x10000) if unicodedata.category(chr(code))[0] == "M"
)
LETTERS = rf"[^\W_]+(?:[{MARKS}]+[^\W_]*)*"
#: a word: letters, digits and marks, with inner hyphens and apostrophes, but without English 's
WORD = re.compile(rf"(?<![^\W_]['’]){LETTERS}(?:(?:-|['’](?!s\b)){LETTERS})*")


class Unit(NamedTuple):
    """A stretch of words that an entry translates."""

    #: how many words it takes
    words: int
    #: its translations, in the lexicon's order
    targets: tuple[str, ...]


def word_spans(text: str) -> list[tuple[int, int]]:
    """Start and end of every word of a text, without the punctuation and space around it.

    >>> word_spans("Egypt's well-known Nile.")
    [(0, 5), (8, 18), (19, 23)]
    """
    return [match.span() for match in WORD.finditer(text)]


@dataclass(frozen=True)
class PhraseTable:
    """A lexicon made ready for longest-match search; build it once with :meth:`build`.

    Attributes:
        exact: entries in the lexicon's own case, so that "Turkey" need not become the bird.
        folded: entries without case; those that differ by case alone are joined.
        longest: the most words of any entry, by its first word without case.
    """

    exact: Mapping[str, tuple[str, ...]]
    folded: Mapping[str, tuple[str, ...]]
    longest: Mapping[str, int]

    @classmethod
    def build(
        cls, lexicon: Mapping[str, Iterable[str]], without: Collection[str] = ()
    ) -> PhraseTable:
        """Index a lexicon, such as :func:`arir.data.lexicon.read_lexicon` gives.

        Args:
            lexicon: source word or phrase -> translations.
            without: lower-case entries to leave out. Dictionaries give :data:`ENGLISH_STOP_WORDS`
                senses that running text seldom means ("in" as the inch).

        Punctuation around an entry is dropped. Left out are entries without a letter or digit, and
        symbols such as "He" and "I" (helium, iodine), which are also among the commonest words.
        Abbreviations of up to four capitals ("WHO", "US") are found in capitals only.
        """
        exact: dict[str, dict[str, None]] = {}
        folded: dict[str, dict[str, None]] = {}
        longest: dict[str, int] = {}
        for source, targets in lexicon.items():
            spans = word_spans(source)
            if not spans:
                continue
            key = _key(source[spans[0][0] : spans[-1][1]])
            if _is_symbol(key) or key.casefold() in without:
                continue
            first = _key(source[slice(*spans[0])]).casefold()
            longest[first] = max(longest.get(first, 0), len(spans))
            for target in targets:
                exact.setdefault(key, {})[target] = None
                if not _is_abbreviation(key):
                    folded.setdefault(key.casefold(), {})[target] = None
        return cls(_tuples(exact), _tuples(folded), longest)

    def longest_match(
        self, text: str, spans: Sequence[tuple[int, int]], position: int
    ) -> Unit | None:
        """The longest entry that begins with the word at a position of ``spans``.

        The words of a match stand in the text as in the entry, with the same punctuation between
        them; the case may differ where no entry has the same.
        """
        start = spans[position][0]
        first = _key(text[start : spans[position][1]]).casefold()
        most = min(self.longest.get(first, 0), len(spans) - position)
        for words in range(most, 0, -1):
            key = _key(text[start : spans[position + words - 1][1]])
            targets = self.exact.get(key) or self.folded.get(key.casefold())
            if targets:
                return Unit(words, targets)
        return None

    def coverage(self, texts: Iterable[str]) -> float:
        """Share of the words of some texts that an entry translates; 0 where there are no words.

        >>> PhraseTable.build({"new york": ("نيويورك",)}).coverage(["New York is big"])
        0.5
        """
        known = total = 0
        for text in texts:
            spans = word_spans(text)
            total += len(spans)
            known += sum(unit.words for _, unit in self.units(text, spans))
        return known / total if total else 0.0

    def units(self, text: str, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[int, Unit]]:
        """Every matched unit from left to right with its position, longest matches first."""
        position = 0
        while position < len(spans):
            unit = self.longest_match(text, spans, position)
            if unit is not None:
                yield position, unit
            position += 1 if unit is None else unit.words


def _key(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


def _is_symbol(key: str) -> bool:
    return len(key) <= 2 and key != key.lower() and not (len(key) == 2 and key.isupper())


def _is_abbreviation(key: str) -> bool:
    return len(key) <= 4 and key.isupper()


def _tuples(entries: dict[str, dict[str, None]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(targets) for key, targets in entries.items()}
