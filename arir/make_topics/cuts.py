"""Take the text of queries out of their passages."""

from __future__ import annotations

from collections.abc import Sequence

from arir.data.collection import Passage
from arir.make_topics.query import Query, Span, TitledPassage

__all__ = ["cut", "without"]


def without(text: str, spans: Sequence[Span]) -> str:
    """A text without some parts, which may overlap, and the white space behind each.

    >>> without("a b c d", [Span(2, 3), Span(0, 1)])
    'c d'
    """
    kept, at = [], 0
    for start, stop in sorted(spans):
        kept.append(text[at:start])
        at = max(at, stop)
        at = len(text) - len(text[at:].lstrip())
    return "".join([*kept, text[at:]])


def cut(passage: TitledPassage, queries: Sequence[Query]) -> tuple[Passage, int]:
    """The passage without the text of some queries, and how many of them were taken out.

    A title goes as line and as field. A part of the body stays if less would be left than is taken.
    """
    spans: list[Span] = []
    for query in queries:
        tried = without(passage.body, [*spans, query.span]) if query.span else ""
        if query.span and 2 * len(tried.strip()) >= len(passage.body.strip()):
            spans.append(query.span)
    untitled = any(query.span is None for query in queries)
    body = without(passage.body, spans).strip() if spans else passage.body
    contents = body if untitled else passage.heading + body
    title = "" if untitled else passage.field
    return Passage(passage.id, contents, title), len(spans) + untitled
