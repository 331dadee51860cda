"""Search a BM25 index, arir's or Pyserini's, into a run."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from arir.data.runs import Hit, Run
from arir.errors import ConfigError, IndexMismatchError
from arir.index.bm25 import read_index_manifest
from arir.lucene.layout import check_layout
from arir.progress import progress_bar
from arir.text import get_profile

__all__ = ["search_bm25"]

#: topics that a thread searches before it fetches more
CHUNK = 16


def search_bm25(
    index: Path,
    topics: Mapping[str, str],
    *,
    hits: int = 1000,
    k1: float = 0.9,
    b: float = 0.4,
    threads: int | None = None,
    tag: str = "bm25",
    language: str | None = None,
    profile: str | None = None,
) -> Run:
    """Rank the passages of an index for every topic, just as Pyserini's LuceneSearcher does.

    The index's manifest says which analyser and which normalisation profile built it; the queries
    are treated alike. An index that Pyserini built has no manifest: name its language.

    Args:
        index: the folder.
        topics: query id to query.
        hits: at most so many a topic.
        k1: term frequency saturation.
        b: length normalisation.
        threads: searching at once; all cores by default.
        tag: name of the run.
        language: what the index was built with; needed only where it has no manifest.
        profile: likewise; ``none`` where neither is given.

    Returns:
        The run, topics in the order given. A topic without hits is not in it.

    Raises:
        ConfigError: where the language is needed but not given, or is unknown.
        IndexMismatchError: where the index is missing, damaged, dense, or built with another
            language or profile than asked for.
    """
    from arir.lucene.searcher import BM25Searcher

    language, profile = _built_with(index, language, profile)
    normalise = get_profile(profile)
    queries = [normalise(query) for query in topics.values()]
    searcher = BM25Searcher(index, language, k1, b)
    try:
        rankings = list(_search_all(lambda query: searcher.search(query, hits), queries, threads))
    finally:
        searcher.close()
    return Run.from_rankings(dict(zip(topics, rankings, strict=True)), tag)


def _built_with(index: Path, language: str | None, profile: str | None) -> tuple[str, str]:
    """Language and profile of an index; those asked for must be those that built it."""
    check_layout(index)
    manifest = read_index_manifest(index)
    if manifest is None:
        if language is None:
            raise ConfigError(
                "has no manifest.json, so the language of its analyser is unknown",
                where=index,
                fix="name it with --language",
            )
        return language, profile or "none"
    built = manifest.properties
    for name, asked in (("language", language), ("profile", profile)):
        if asked is not None and asked != built[name]:
            raise IndexMismatchError(
                f"was built with {name} '{built[name]}', not '{asked}'",
                where=index,
                fix=f"leave --{name} out, or build another index",
            )
    return str(built["language"]), str(built["profile"])


def _search_all(
    search: Callable[[str], list[Hit]], queries: list[str], threads: int | None
) -> Iterator[list[Hit]]:
    """Every query's ranking in order; Lucene works outside Python's lock, so threads do help."""

    def search_chunk(chunk: list[str]) -> list[list[Hit]]:
        import jnius

        try:
            return [search(query) for query in chunk]
        finally:
            jnius.detach()

    chunks = [queries[start : start + CHUNK] for start in range(0, len(queries), CHUNK)]
    with (
        ThreadPoolExecutor(threads or os.cpu_count()) as pool,
        progress_bar("BM25", total=len(queries), unit="topic") as bar,
    ):
        for rankings in pool.map(search_chunk, chunks):
            bar.update(len(rankings))
            yield from rankings
