"""What every kind of query is made from, and what it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from arir.data.collection import Passage

__all__ = ["Query", "Span", "TitledPassage", "query_at", "titled", "words_in"]

WORD = re.compile(r"\S+")


class Span(NamedTuple):
    """Characters ``start`` to ``stop`` of a passage's body."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Query:
    """A query made from a passage.

    Attributes:
        text: a single line.
        span: where it stands in the body; ``None`` where it is the title.
    """

    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class TitledPassage:
    """A passage taken apart.

    Attributes:
        id: of the passage.
        title: of its article, a single line; empty where it has none.
        body: the contents without the line that repeats the title.
        heading: that line with its end, empty where there is none.
        field: the field ``title`` of the passage.
    """

    id: str
    title: str
    body: str
    heading: str
    field: str


def titled(passage: Passage, titles: str) -> TitledPassage:
    r"""Take a passage apart.

    Args:
        titles: ``field`` or ``first-line``, where the title stands.

    >>> titled(Passage("7#0", "ماء\nالماء سائل", "ماء"), "field").body
    'الماء سائل'
    >>> titled(Passage("7#0", "ماء\nالماء سائل"), "first-line").title
    'ماء'
    >>> titled(Passage("7#0", "الماء سائل"), "first-line").title
    ''
    """
    first, end, rest = passage.contents.partition("\n")
    stated = passage.title if titles == "field" else first
    title = " ".join(stated.split())
    if end and rest.strip() and title and " ".join(first.split()) == title:
        return TitledPassage(passage.id, title, rest, first + end, passage.title)
    if titles == "first-line":
        title = ""
    return TitledPassage(passage.id, title, passage.contents, "", passage.title)


def words_in(text: str, span: Span) -> list[Span]:
    """The words of a part of a text: what white space parts, where a letter or digit is in it.

    >>> words_in("ماء - سائل", Span(0, 10))
    [Span(start=0, stop=3), Span(start=6, stop=10)]
    """
    found = (Span(*match.span()) for match in WORD.finditer(text, *span))
    return [word for word in found if any(map(str.isalnum, text[word.start : word.stop]))]


def query_at(body: str, span: Span) -> Query:
    """The query of a part of the body, in a single line."""
    return Query(" ".join(body[span.start : span.stop].split()), span)
