"""The three ways to search, from the settings to a run and the words that describe it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.data.runs import Run
from arir.models.protocols import Encoder
from arir.search.config import SearchConfig
from arir.search.dense import search_vectors
from arir.search.dense_index import (
    DenseIndex,
    open_dense_index,
    read_dense_manifest,
    verify_encoder,
)
from arir.search.hybrid import interpolate
from arir.search.max_passage import search_documents
from arir.search.plan import Plan

__all__ = ["Found", "search_as_planned"]


@dataclass(frozen=True)
class Found:
    """A ranking and how it came about.

    Attributes:
        run: the hits.
        steps: entries for the ``retrieval`` list of ir_metadata's ``method`` group.
        seconds: spent on encoding the queries and searching, without loading.
        encoder: name of the bi-encoder, where one took part.
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
    opened = _open_dense(plan.dense, str(plan.encoder), config) if plan.dense else None
    sparse = _search_bm25(plan.bm25, config, topics, tag) if plan.bm25 else None
    dense = _search_dense(*opened, config, topics, tag) if opened else None
    if dense and sparse:
        return _interpolated(dense, sparse, config, tag)
    found = dense or sparse
    if found is None:
        raise ValueError("a plan without an index")
    return found


def _open_dense(path: Path, name: str, config: SearchConfig) -> tuple[Encoder, DenseIndex]:
    """Load the encoder and ask the manifest before the vectors, of which there may be gigabytes."""
    from arir.models.loading import load_encoder

    encoder = load_encoder(name, device=config.device, precision=config.precision)
    verify_encoder(path, read_dense_manifest(path), encoder)
    return encoder, open_dense_index(path)


def _search_dense(
    encoder: Encoder, index: DenseIndex, config: SearchConfig, topics: Mapping[str, str], tag: str
) -> Found:
    note = index.check_encoder(encoder)
    started = time.perf_counter()
    vectors = encoder.encode_queries(list(topics.values()))
    rows = {topic: row for row, topic in enumerate(topics)}

    def search(ids: Sequence[str], hits: int) -> Run:
        chosen = vectors[[rows[topic] for topic in ids]]
        return search_vectors(index, tuple(ids), chosen, hits, tag=tag, threads=config.threads)

    run = _documents_or_passages(search, list(topics), config, index.path)
    step = {
        "name": "dense",
        "method": "inner product of bi-encoder vectors",
        "encoder": encoder.name,
        "encoder fingerprint": encoder.fingerprint,
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
    search: Callable[[Sequence[str], int], Run],
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


def _interpolated(dense: Found, sparse: Found, config: SearchConfig, tag: str) -> Found:
    started = time.perf_counter()
    run = interpolate(dense.run, sparse.run, alpha=config.alpha, hits=config.hits, tag=tag)
    step = {
        "name": "hybrid",
        "method": "linear interpolation of min-max scores",
        "interpolates": ["dense", "bm25"],
        "weights": [config.alpha, 1 - config.alpha],
        "hits": config.hits,
    }
    seconds = dense.seconds + sparse.seconds + time.perf_counter() - started
    steps = [*dense.steps, *sparse.steps, step]
    return Found(run, steps, seconds, dense.encoder, dense.notes)
