"""Exact MaxSim search over a multi-vector index, block by block, in bounded memory.

The score of a query with token vectors ``q_1 ... q_n`` and a passage ``d`` is
``sum_i max_j <q_i, d_j>`` (Khattab and Zaharia, "ColBERT", SIGIR 2020, equation 3). Passages are
not padded: the products of a block of token vectors with the tokens of many queries are one matrix
product, whose rows are reduced passage by passage.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from arir.data.runs import Run
from arir.errors import ModelError
from arir.models.protocols import LateEncoder, TokenVectors
from arir.progress import progress
from arir.search.dense import MARGIN, run_from_arrays
from arir.search.late_index import LateIndex, open_late_index
from arir.search.order import order_ties

__all__ = ["maxsim_ragged", "search_late", "search_token_vectors"]

#: tokens of the queries that are searched at once
QUERY_TOKENS = 2_048
#: token products that are held at once: 64 MiB in single precision
PRODUCTS = 2**24
#: passages whose scores are gathered before the best are kept
SLAB = 16_384


def search_late(
    index: str | Path | LateIndex,
    topics: Mapping[str, str],
    encoder: LateEncoder,
    hits: int = 1000,
    *,
    tag: str = "late-interaction",
) -> Run:
    """Rank the passages of a multi-vector index for every topic by MaxSim, all of them.

    Ties stand, and are cut at the depth, as in :func:`arir.search.dense.search_dense`.

    Args:
        index: a folder that ``arir encode-corpus`` built, or one opened with ``open_late_index``.
        topics: query id to text, in the order of the run.
        encoder: the late-interaction model that built the index, or one trained towards it.
        hits: passages a topic.
        tag: the run's name.

    Raises:
        IndexMismatchError: where the index is damaged, or of another dimension.
        ModelError: for a query vector that holds NaN or infinity.

    Warns:
        UserWarning: where another encoder built the index.
    """
    opened = index if isinstance(index, LateIndex) else open_late_index(Path(index))
    note = opened.check_encoder(encoder)
    if note:
        warnings.warn(note, stacklevel=2)
    queries = encoder.encode_queries(list(topics.values()))
    return search_token_vectors(
        opened, tuple(topics), queries, hits, tag=tag, device=getattr(encoder, "device", None)
    )


@torch.inference_mode()
def search_token_vectors(
    index: LateIndex,
    topic_ids: tuple[str, ...],
    queries: TokenVectors,
    hits: int = 1000,
    *,
    tag: str = "late-interaction",
    device: torch.device | None = None,
) -> Run:
    """Rank the passages of an index for encoded queries; one of ``queries`` a topic.

    Args:
        device: where the products are computed; the CPU by default.

    Raises:
        ModelError: for a query vector that holds NaN or infinity.
    """
    for place, matrix in enumerate(queries):
        if not np.isfinite(matrix).all():
            raise ModelError("the query's vectors are not finite", where=topic_ids[place])
    device = device or torch.device("cpu")
    batches = list(_batches(queries, device))
    parts = [
        _search_batch(index, batch, hits) for batch in progress(batches, "searching", unit="batch")
    ]
    scores, docids, lengths = (np.concatenate(column) for column in zip(*parts, strict=True))
    return run_from_arrays(topic_ids, docids, scores, lengths, tag)


@dataclass(frozen=True)
class _Queries:
    """Some queries: the vectors of all their tokens, and the query of each token."""

    values: Tensor
    owner: Tensor
    count: int


def _batches(queries: TokenVectors, device: torch.device) -> Iterator[_Queries]:
    """Queries of some :data:`QUERY_TOKENS` tokens together, in their order."""
    start = 0
    while start < len(queries):
        limit = queries.offsets[start] + QUERY_TOKENS
        stop = max(start + 1, int(np.searchsorted(queries.offsets, limit, side="right")) - 1)
        rows = slice(queries.offsets[start], queries.offsets[stop])
        owner = np.repeat(np.arange(stop - start), queries.lengths[start:stop])
        values = torch.from_numpy(np.ascontiguousarray(queries.values[rows]))
        yield _Queries(values.to(device), torch.from_numpy(owner).to(device), stop - start)
        start = stop


Columns = tuple[NDArray[np.float32], NDArray[np.object_], NDArray[np.int64]]


def _search_batch(index: LateIndex, queries: _Queries, hits: int) -> Columns:
    """Flat scores and docids of a batch in the order of the run, and the hits of each query."""
    depth = min(hits + MARGIN, len(index))
    best = torch.empty((queries.count, 0), device=queries.values.device)
    places = torch.empty((queries.count, 0), dtype=torch.int64, device=best.device)
    for start in range(0, len(index), SLAB):
        stop = min(start + SLAB, len(index))
        scores = _score_slab(index, queries, start, stop)
        numbers = torch.arange(start, stop, device=best.device).expand(queries.count, -1)
        best, order = torch.cat([best, scores], dim=1).topk(min(depth, stop), dim=1)
        places = torch.cat([places, numbers], dim=1).gather(1, order)
    values, docids = best.cpu().numpy(), index.docids[places.cpu().numpy()]
    order_ties(values, docids)
    # A passage without a token that counts cannot be found.
    found = np.isfinite(values[:, :hits])
    return values[:, :hits][found], docids[:, :hits][found], found.sum(axis=1)


def _score_slab(index: LateIndex, queries: _Queries, start: int, stop: int) -> Tensor:
    """MaxSim of every query with the passages from ``start`` to ``stop``: (queries, passages)."""
    limit = max(1, PRODUCTS // max(1, len(queries.values)))
    parts = []
    while start < stop:
        # As many passages as stay within the limit, and one at least.
        reach = int(np.searchsorted(index.offsets, index.offsets[start] + limit, side="right")) - 1
        end = min(max(start + 1, reach), stop)
        offsets = index.offsets[start : end + 1]
        block = torch.from_numpy(np.array(index.vectors[offsets[0] : offsets[-1]]))
        lengths = torch.from_numpy(np.diff(offsets))
        device = queries.values.device
        parts.append(
            maxsim_ragged(
                queries.values,
                queries.owner,
                queries.count,
                block.to(device).float(),
                lengths.to(device),
            )
        )
        start = end
    return torch.cat(parts, dim=1)


def maxsim_ragged(
    queries: Tensor, owner: Tensor, count: int, passages: Tensor, lengths: Tensor
) -> Tensor:
    """MaxSim of queries and passages of different lengths, without padding.

    Args:
        queries: vectors of the tokens of all queries, shape (Q, D).
        owner: the query of each of these tokens, shape (Q,), from 0 to ``count - 1``.
        count: number of queries.
        passages: vectors of the tokens of all passages end to end, shape (T, D).
        lengths: tokens of each passage, shape (P,), which add up to T.

    Returns:
        Shape (count, P), single precision; minus infinity for a passage without tokens.

    >>> queries, passages = torch.eye(2), torch.tensor([[3.0, 1.0], [2.0, 5.0], [1.0, 1.0]])
    >>> maxsim_ragged(queries, torch.tensor([0, 0]), 1, passages, torch.tensor([2, 1]))
    tensor([[8., 2.]])
    """
    products = passages @ queries.T
    passage = torch.repeat_interleave(torch.arange(len(lengths), device=lengths.device), lengths)
    maxima = products.new_full((len(lengths), len(queries)), -torch.inf)
    _maximise(maxima, passage, products)
    scores = products.new_zeros((len(lengths), count)).index_add_(1, owner, maxima)
    return scores.masked_fill_((lengths == 0)[:, None], -torch.inf).T


def _maximise(maxima: Tensor, rows: Tensor, values: Tensor) -> None:
    """Raise each row of ``maxima`` to the greatest of the values that belong to it, in place."""
    with warnings.catch_warnings():
        # PyTorch calls the operation beta; what it gives is checked against padded MaxSim.
        warnings.filterwarnings("ignore", message="index_reduce", category=UserWarning)
        maxima.index_reduce_(0, rows, values, "amax")
