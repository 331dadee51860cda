"""Queries of kind ``sentence``: the inverse cloze task.

Lee, Chang and Toutanova, "Latent Retrieval for Weakly Supervised Open Domain Question Answering",
ACL 2019: a sentence of a passage is the query, and the passage, mostly without it, is relevant.
"""

from __future__ import annotations

import random

from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.query import Query, Span, TitledPassage, query_at, words_in
from arir.make_topics.sentences import sentence_spans

__all__ = ["sentence_queries"]


def sentence_queries(
    passage: TitledPassage, config: MakeTopicsConfig, draw: random.Random
) -> list[Query]:
    """Distinct sentences, drawn evenly; none that is the whole passage."""
    sentences = [words_in(passage.body, span) for span in sentence_spans(passage.body)]
    whole = len(list(filter(None, sentences))) == 1
    longest = config.max_words if whole else None
    usable = [
        words
        for words in sentences
        if len(words) >= config.min_words and (longest is None or len(words) > longest)
    ]
    chosen = draw.sample(usable, min(config.per_passage, len(usable)))
    return [query_at(passage.body, _window(words, config.max_words, draw)) for words in chosen]


def _window(words: list[Span], longest: int, draw: random.Random) -> Span:
    """The characters of so many words of a sentence, drawn evenly; of all where there are fewer."""
    size = min(longest, len(words))
    first = draw.randrange(len(words) - size + 1)
    return Span(words[first].start, words[first + size - 1].stop)
