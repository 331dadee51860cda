"""How many threads FAISS and torch use, for the time of a search."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["torch_threads", "tuned_faiss"]

#: below, a product of vectors one by one is faster than one of matrices
FEW_QUERIES = 4


@contextmanager
def tuned_faiss(queries: int, threads: int | None = None) -> Iterator[None]:
    """Let FAISS use ``threads``, and matrix products from few queries on, while the block runs.

    FAISS turns to matrix products only for large batches (from 1.15 on, where queries times
    dimensions exceed 128,000), though they are faster from four queries on, and three to five
    times so from sixteen.
    """
    import faiss

    before = faiss.omp_get_max_threads(), faiss.cvar.distance_compute_blas_threshold
    faiss.omp_set_num_threads(threads or before[0])
    if queries >= FEW_QUERIES:
        faiss.cvar.distance_compute_blas_threshold = 1
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before[0])
        faiss.cvar.distance_compute_blas_threshold = before[1]


@contextmanager
def torch_threads(threads: int | None) -> Iterator[None]:
    """Encode queries with this many threads, and leave the process's setting as it was."""
    if threads is None:
        yield
        return
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
