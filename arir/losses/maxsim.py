"""Late-interaction scores: each query token meets its best passage token.

The score of a query with token vectors ``q_1 ... q_n`` and a passage with ``d_1 ... d_m``::

    S(q, d) = sum_i max_j <q_i, d_j>

over the tokens that the masks mark as real (Khattab and Zaharia, "ColBERT", SIGIR 2020, equation
3). Padding enters the maximum as minus infinity, so that it never beats a real token with a
negative product. Products are taken in the precision of the vectors, maxima are added at least in
single precision. The largest intermediate, the products of all token pairs, is bounded by
``chunk_elements``; autograd keeps only the positions of the maxima, so that training stays within
it too.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from arir.losses.checks import check_mask, check_positive, full_precision

__all__ = ["CHUNK_ELEMENTS", "maxsim", "maxsim_nway", "maxsim_paired"]

#: products of token pairs that are held at a time: 16 MiB in single precision, near the caches
CHUNK_ELEMENTS = 2**22


def maxsim(
    queries: Tensor,
    passages: Tensor,
    query_mask: Tensor | None = None,
    passage_mask: Tensor | None = None,
    *,
    chunk_elements: int = CHUNK_ELEMENTS,
) -> Tensor:
    """Score every query with every passage.

    Args:
        queries: token vectors, shape (B, Q, D), Q >= 1.
        passages: token vectors, shape (P, T, D), T >= 1.
        query_mask: True for real tokens, shape (B, Q); a masked token adds nothing.
        passage_mask: True for real tokens, shape (P, T).
        chunk_elements: token products held at a time; at least those of one query and passage.

    Returns:
        Shape (B, P), at least in single precision. A passage without a real token scores minus
        infinity, below every other; a query without one scores 0 with every other passage.

    Raises:
        ValueError: for wrong shapes, vectors of different dimensions, or no chunk.

    >>> queries = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    >>> passages = torch.tensor([[[1.0, 0.0], [-1.0, -1.0]], [[-1.0, -3.0], [0.0, 0.0]]])
    >>> mask = torch.tensor([[True, True], [True, False]])
    >>> maxsim(queries, passages, passage_mask=mask)
    tensor([[ 1., -4.]])
    """
    _check(queries, passages, 3, chunk_elements)
    query_real = _mask(query_mask, queries, "query_mask")
    passage_real = _mask(passage_mask, passages, "passage_mask")
    pairs = max(1, chunk_elements // (queries.shape[1] * passages.shape[1]))
    query_block = min(max(1, len(queries)), pairs)
    passage_block = pairs // query_block
    rows = [
        torch.cat(
            [
                _score_block(some_queries, real, *block)
                for block in _blocks(passages, passage_real, passage_block)
            ],
            dim=1,
        )
        for some_queries, real in _blocks(queries, query_real, query_block)
    ]
    return torch.cat(rows)


def maxsim_nway(
    queries: Tensor,
    passages: Tensor,
    query_mask: Tensor | None = None,
    passage_mask: Tensor | None = None,
    *,
    chunk_elements: int = CHUNK_ELEMENTS,
) -> Tensor:
    """Score each query with its own N candidates, as listwise distillation needs.

    Args:
        queries: shape (B, Q, D).
        passages: shape (B, N, T, D).
        query_mask: shape (B, Q).
        passage_mask: shape (B, N, T).
        chunk_elements: as in :func:`maxsim`; at least those of one query and its candidates.

    Returns:
        Shape (B, N); masks as in :func:`maxsim`.

    Raises:
        ValueError: as :func:`maxsim`, or where the numbers of queries and lists differ.

    >>> queries = torch.tensor([[[1.0, 0.0]]])
    >>> maxsim_nway(queries, torch.tensor([[[[2.0, 0.0]], [[-3.0, 0.0]]]]))
    tensor([[ 2., -3.]])
    """
    _check(queries, passages, 4, chunk_elements)
    if len(queries) != len(passages):
        raise ValueError(f"{len(queries)} queries, but {len(passages)} lists of passages")
    query_real = _mask(query_mask, queries, "query_mask")
    passage_real = _mask(passage_mask, passages, "passage_mask")
    products = passages.shape[1] * passages.shape[2] * queries.shape[1]
    block = max(1, chunk_elements // max(1, products))
    scored = [
        _score_lists(some_queries, some_query_real, some_passages, some_passage_real)
        for (some_queries, some_query_real), (some_passages, some_passage_real) in zip(
            _blocks(queries, query_real, block), _blocks(passages, passage_real, block), strict=True
        )
    ]
    return torch.cat(scored)


def maxsim_paired(
    queries: Tensor,
    passages: Tensor,
    query_mask: Tensor | None = None,
    passage_mask: Tensor | None = None,
    *,
    chunk_elements: int = CHUNK_ELEMENTS,
) -> Tensor:
    """Score query i with passage i.

    Args:
        queries: shape (B, Q, D).
        passages: shape (B, T, D).
        query_mask: shape (B, Q).
        passage_mask: shape (B, T).
        chunk_elements: as in :func:`maxsim`.

    Returns:
        Shape (B,); masks as in :func:`maxsim`.

    Raises:
        ValueError: as :func:`maxsim_nway`.

    >>> vectors = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    >>> maxsim_paired(vectors, vectors)
    tensor([5.])
    """
    _check(queries, passages, 3, chunk_elements)
    lists = None if passage_mask is None else passage_mask.unsqueeze(1)
    return maxsim_nway(
        queries, passages.unsqueeze(1), query_mask, lists, chunk_elements=chunk_elements
    ).squeeze(1)


def _check(queries: Tensor, passages: Tensor, dimensions: int, chunk_elements: int) -> None:
    check_positive(chunk_elements=chunk_elements)
    shapes = f"queries have shape {tuple(queries.shape)}, passages {tuple(passages.shape)}"
    if queries.dim() != 3 or passages.dim() != dimensions:
        raise ValueError(f"{shapes}, expected 3 and {dimensions} dimensions")
    if queries.shape[-1] != passages.shape[-1]:
        raise ValueError(f"{shapes}: vectors of different dimensions")
    if not queries.shape[1] or not passages.shape[-2]:
        raise ValueError(f"{shapes}: no tokens")


def _mask(mask: Tensor | None, vectors: Tensor, name: str) -> Tensor | None:
    return None if mask is None else check_mask(mask, tuple(vectors.shape[:-1]), name)


def _blocks(
    vectors: Tensor, mask: Tensor | None, size: int
) -> Iterator[tuple[Tensor, Tensor | None]]:
    for start in range(0, max(1, len(vectors)), size):
        block = slice(start, start + size)
        yield vectors[block], None if mask is None else mask[block]


def _score_block(
    queries: Tensor, query_mask: Tensor | None, passages: Tensor, passage_mask: Tensor | None
) -> Tensor:
    """All queries of a block with all its passages: shape (b, p)."""
    products = queries.flatten(0, 1) @ passages.flatten(0, 1).T
    products = products.view(*queries.shape[:2], *passages.shape[:2])
    maxima = _maxima(products, None if passage_mask is None else passage_mask[None, None])
    return _sum(maxima, query_mask, None if passage_mask is None else passage_mask[None])


def _score_lists(
    queries: Tensor, query_mask: Tensor | None, passages: Tensor, passage_mask: Tensor | None
) -> Tensor:
    """Each query of a block with its own candidates: shape (b, N)."""
    products = queries @ passages.flatten(1, 2).transpose(1, 2)
    products = products.view(*queries.shape[:2], *passages.shape[1:3])
    maxima = _maxima(products, None if passage_mask is None else passage_mask[:, None])
    return _sum(maxima, query_mask, passage_mask)


def _maxima(products: Tensor, real: Tensor | None) -> Tensor:
    """Best product of each query token with a passage's real tokens; the products are consumed."""
    if real is not None:
        products = products.masked_fill_(~real, -torch.inf)
    return full_precision(products.max(dim=-1).values)


def _sum(maxima: Tensor, query_mask: Tensor | None, passage_mask: Tensor | None) -> Tensor:
    """Add the maxima (b, Q, p) of the real query tokens; an empty passage is minus infinity."""
    if query_mask is not None:
        maxima = maxima.masked_fill(~query_mask.unsqueeze(2), 0.0)
    scores = maxima.sum(dim=1)
    if passage_mask is not None:
        scores = scores.masked_fill(~passage_mask.any(dim=-1), -torch.inf)
    return scores
