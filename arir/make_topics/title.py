"""Queries of kind ``title``: the title of an article, which its first passage answers."""

from __future__ import annotations

import random

from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.query import Query, TitledPassage

__all__ = ["title_queries"]


def title_queries(
    passage: TitledPassage,
    config: MakeTopicsConfig,  # noqa: ARG001 - what every kind takes
    draw: random.Random,  # noqa: ARG001
) -> list[Query]:
    """The title as it is, however long."""
    return [Query(passage.title)] if passage.title else []
