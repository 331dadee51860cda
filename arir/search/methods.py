"""The ways to search, from the settings to a run and the words that describe it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.data.runs import Run
from arir.search.config import SearchConfig
from arir.search.hybrid import interpolate
from arir.search.max_passage import search_documents
from arir.search.plan import Plan
from arir.search.vectors import DenseSearch, LateSearch, Ranker, open_vectors

__all__ = ["Found", "search_as_planned"]


@dataclass(frozen=True)
class Found:
    """A ranking and how it came about.

    Attributes:
        run: the hits.
        steps: entries for the ``retrieval`` list of ir_metadata's ``method`` group.
        seconds: spent on encoding the queries and searching, without loading.
        encoder: name of the query encoder, where one took part.
        notes: warnings for the user.
    """

    run: Run
    steps: list[dict[str, Any]]
    seconds: float
    encoder: str | None = None
    notes: tuple[str, ...] = ()


def search_as_planned(
    plan: Plan, config: SearchConfig, topics: Mapping[str, str], tag: str
) -> Found:
    """Search the planned indexes; whatever does not fit together is refused before any search."""
    opened = open_vectors(plan, config)
    note = opened.note() if opened else None
    sparse = _search_bm25(plan.bm25, config, topics, tag) if plan.bm25 else None
    neural = _search_vectors(opened, note, config, topics, tag) if opened else None
    if neural and sparse:
        return _interpolated(neural, sparse, config, tag)
    found = neural or sparse
    if found is None:
        raise ValueError("a plan without an index")
    return found


def _search_vectors(
    opened: DenseSearch | LateSearch,
    note: str | None,
    config: SearchConfig,
    topics: Mapping[str, str],
    tag: str,
) -> Found:
    started = time.perf_counter()
    search = opened.ranker(topics, config, tag)
    run = _documents_or_passages(search, list(topics), config, opened.path)
    encoder = opened.encoder
    step = {
        "name": opened.name,
        "method": opened.method,
        "encoder": encoder.name,
        "encoder fingerprint": encoder.fingerprint,
        **opened.details(),
        "profile": encoder.profile,
        "hits": config.hits,
        **_aggregation(config),
    }
    notes = (note,) if note else ()
    return Found(run, [step], time.perf_counter() - started, encoder.name, notes)


def _search_bm25(index: Path, config: SearchConfig, topics: Mapping[str, str], tag: str) -> Found:
    from arir.search.bm25 import search_bm25

    started = time.perf_counter()

    def search(ids: Sequence[str], hits: int) -> Run:
        return search_bm25(
            index,
            {topic: topics[topic] for topic in ids},
            hits=hits,
            k1=config.k1,
            b=config.b,
            threads=config.threads,
            tag=tag,
            language=config.language,
        )

    run = _documents_or_passages(search, list(topics), config, index)
    step = {"name": "bm25", "method": "BM25", "k1": config.k1, "b": config.b, "hits": config.hits}
    step |= _aggregation(config)
    return Found(run, [step], time.perf_counter() - started)


def _documents_or_passages(
    search: Ranker,
    topics: Sequence[str],
    config: SearchConfig,
    index: Path,
) -> Run:
    """What the index ranks, or the documents of which that are passages."""
    if not config.max_passage:
        return search(topics, config.hits)
    return search_documents(search, topics, config.hits, where=index)


def _aggregation(config: SearchConfig) -> dict[str, str]:
    return {"aggregation": "maximum over a document's passages"} if config.max_passage else {}


def _interpolated(neural: Found, sparse: Found, config: SearchConfig, tag: str) -> Found:
    started = time.perf_counter()
    run = interpolate(neural.run, sparse.run, alpha=config.alpha, hits=config.hits, tag=tag)
    step = {
        "name": "hybrid",
        "method": "linear interpolation of min-max scores",
        "interpolates": [neural.steps[0]["name"], "bm25"],
        "weights": [config.alpha, 1 - config.alpha],
        "hits": config.hits,
    }
    seconds = neural.seconds + sparse.seconds + time.perf_counter() - started
    steps = [*neural.steps, *sparse.steps, step]
    return Found(run, steps, seconds, neural.encoder, neural.notes)
