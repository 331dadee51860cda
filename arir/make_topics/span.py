"""Queries of kind ``span``: some words in a row.

Random cropping as in Izacard et al., "Unsupervised Dense Information Retrieval with Contrastive
Learning" (Contriever), TMLR 2022; here the other crop is the passage itself.
"""

from __future__ import annotations

import random

from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.query import Query, Span, TitledPassage, query_at, words_in

__all__ = ["span_queries"]


def span_queries(
    passage: TitledPassage, config: MakeTopicsConfig, draw: random.Random
) -> list[Query]:
    """Spans of evenly drawn lengths and places; none that is the whole passage."""
    words = words_in(passage.body, Span(0, len(passage.body)))
    shortest, longest = config.span_words
    if len(words) <= shortest:
        return []
    drawn = []
    for _ in range(config.per_passage):
        size = draw.randint(shortest, min(longest, len(words) - 1))
        first = draw.randrange(len(words) - size + 1)
        drawn.append(Span(words[first].start, words[first + size - 1].stop))
    return [query_at(passage.body, span) for span in dict.fromkeys(drawn)]
