"""Sentences of running text, Arabic or European, by their punctuation."""

from __future__ import annotations

import re
from itertools import pairwise

from arir.make_topics.query import Span

__all__ = ["sentence_spans"]

ENDS = ".!?؟۔…"
#: marks that end a sentence, with what closes behind them and white space; or the end of a line
BOUNDARY = re.compile(rf"(?<![{ENDS}])[{ENDS}]+[\"'»”’)\]]*\s+|\n\s*")


def sentence_spans(text: str) -> list[Span]:
    r"""Part a text into sentences, each with the white space behind it, so that nothing is lost.

    A sentence ends at one of ``.!?؟۔…`` before white space, and at the end of a line. The point
    in a number (3.5) and that of an initial (م. ق.) end none.

    >>> text = "ولد سنة 570 ق. م. في روما. كم عمره؟ 3.5 أعوام!"
    >>> [text[start:stop] for start, stop in sentence_spans(text)]
    ['ولد سنة 570 ق. م. في روما. ', 'كم عمره؟ ', '3.5 أعوام!']
    >>> sentence_spans("")
    []
    """
    ends = [
        match.end()
        for match in BOUNDARY.finditer(text)
        if "\n" in match[0] or not _initial(text, match)
    ]
    bounds = [0, *ends]
    if bounds[-1] < len(text):
        bounds.append(len(text))
    return [Span(start, stop) for start, stop in pairwise(bounds)]


def _initial(text: str, match: re.Match[str]) -> bool:
    """Whether a boundary is the point of a letter that stands alone, as in a name."""
    before = text[max(0, match.start() - 2) : match.start()]
    point = match[0][0] == "." and match[0][1] not in ENDS
    return point and before[-1:].isalpha() and not before[:-1].isalnum()
