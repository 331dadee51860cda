"""Let Pyserini keep the ids of topics as they are written: its own reader makes 7 of ``007``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from arir.data.topics import read_topics

__all__ = ["keep_topic_ids"]

SUFFIXES = (".tsv", ".tsv.gz", ".txt", ".txt.gz")


def keep_topic_ids() -> None:
    """Read the topics that Pyserini's searches are given as a TSV with arir's reader.

    Topics that Pyserini knows by name, and other formats, are read as ever. Needs the JVM, which
    Pyserini starts on import. Calling it again changes nothing.
    """
    from pyserini.query_iterator import DefaultQueryIterator

    read = DefaultQueryIterator.from_topics
    if hasattr(read, "__wrapped__"):
        return

    @functools.wraps(read)
    def from_topics(topics_path: str) -> Any:
        path = Path(topics_path)
        if not (topics_path.endswith(SUFFIXES) and path.is_file()):
            return read(topics_path)
        topics = {number: {"title": text} for number, text in read_topics(path).items()}
        return DefaultQueryIterator(topics, list(topics))

    DefaultQueryIterator.from_topics = staticmethod(from_topics)
