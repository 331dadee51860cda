"""Dense search: FAISS's arrays become a columnar run, without a Python object for every hit."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.runs import Run
from arir.errors import ModelError
from arir.models.protocols import Encoder, Vectors
from arir.progress import progress
from arir.search.dense_index import DenseIndex, open_dense_index
from arir.search.order import order_ties
from arir.search.threads import tuned_faiss

__all__ = ["run_from_arrays", "search_dense", "search_vectors"]

#: queries in one call of FAISS; bounds the memory of the results
BATCH = 512
#: hits fetched beyond the depth, so that ties across it are cut by docid, not by position
MARGIN = 64


def search_dense(
    index: str | Path | DenseIndex,
    topics: Mapping[str, str],
    encoder: Encoder,
    hits: int = 1000,
    *,
    tag: str = "dense",
    threads: int | None = None,
) -> Run:
    """Rank the passages of a dense index for every topic by inner product.

    Passages of equal score stand in trec_eval's order, the greater docid first, so that the ranks
    written are the ranks measured. At the depth, ties with up to 64 further passages are cut in
    that order too.

    Args:
        index: a folder that arir or Pyserini built, or one opened with ``open_dense_index``.
        topics: query id to text, in the order of the run.
        encoder: the bi-encoder that built the index.
        hits: passages a topic.
        tag: the run's name.
        threads: for FAISS; all cores by default.

    Raises:
        IndexMismatchError: where the index is damaged, or another encoder's or profile's.

    Warns:
        UserWarning: where the index does not say which encoder built it.
    """
    opened = index if isinstance(index, DenseIndex) else open_dense_index(Path(index))
    note = opened.check_encoder(encoder)
    if note:
        warnings.warn(note, stacklevel=2)
    vectors = encoder.encode_queries(list(topics.values()))
    return search_vectors(opened, tuple(topics), vectors, hits, tag=tag, threads=threads)


def search_vectors(
    index: DenseIndex,
    topic_ids: tuple[str, ...],
    vectors: Vectors,
    hits: int = 1000,
    *,
    tag: str = "dense",
    threads: int | None = None,
) -> Run:
    """Rank the passages of an index for encoded queries; shape of ``vectors`` (topics, dimension).

    Raises:
        ModelError: for a query vector that holds NaN or infinity.
    """
    for position in np.flatnonzero(~np.isfinite(vectors).all(axis=1)):
        raise ModelError("the query's vector is not finite", where=topic_ids[position])
    starts = range(0, len(topic_ids), BATCH)
    with tuned_faiss(len(topic_ids), threads):
        parts = [
            _search_batch(index, vectors[start : start + BATCH], hits)
            for start in progress(starts, "searching", unit="batch")
        ]
    scores, docids, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
    return run_from_arrays(topic_ids, docids, scores, lengths, tag)


def run_from_arrays(
    topic_ids: tuple[str, ...],
    docids: NDArray[np.object_],
    scores: NDArray[np.floating],
    lengths: NDArray[np.int64],
    tag: str,
) -> Run:
    """A run from flat columns and the hits of each topic; topics without hits are left out."""
    return Run(
        topic_ids=tuple(topic for topic, n in zip(topic_ids, lengths, strict=True) if n),
        offsets=np.concatenate([[0], np.cumsum(lengths[lengths > 0])]).astype(np.int64),
        docids=docids,
        scores=scores.astype(np.float64),
        tag=tag,
    )


Columns = tuple[NDArray[np.float32], NDArray[np.object_], NDArray[np.int64]]


def _search_batch(index: DenseIndex, queries: Vectors, hits: int) -> Columns:
    """Flat scores and docids of a batch in the order of the run, and the hits of each query."""
    depth = min(hits + MARGIN, len(index))
    scores, positions = index.faiss.search(np.ascontiguousarray(queries), depth)
    docids = index.docids[positions]
    order_ties(scores, docids)
    # An approximate index (HNSW) fills up with -1 what it did not find.
    found = (positions >= 0)[:, :hits]
    return scores[:, :hits][found], docids[:, :hits][found], found.sum(axis=1)
