"""The kinds of queries by name."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from types import MappingProxyType

from arir.make_topics.config import Kind, MakeTopicsConfig
from arir.make_topics.query import Query, TitledPassage
from arir.make_topics.sentence import sentence_queries
from arir.make_topics.span import span_queries
from arir.make_topics.title import title_queries

__all__ = ["KINDS"]

#: kind -> makes the queries of a passage
KINDS: Mapping[Kind, Callable[[TitledPassage, MakeTopicsConfig, random.Random], list[Query]]] = (
    MappingProxyType({"title": title_queries, "sentence": sentence_queries, "span": span_queries})
)
