"""Milliseconds a query of dense search: arir against Pyserini's FaissSearcher on the same index.

    python -m bench.dense_search [VECTORS] [DIMENSION]

Vectors and queries are random and encoded beforehand, so that searching alone is measured. Each is
given every core, they take turns, and the quickest call of each counts.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from arir.index.flat import write_flat_index
from arir.lucene.jvm import start_jvm
from arir.search.dense import search_vectors
from arir.search.dense_index import open_dense_index

HITS = 1000
#: topics of a typical test collection, and of a development set
TOPIC_COUNTS = (1, 50, 200, 500)


def build(folder: Path, count: int, dimension: int) -> None:
    """Write an index of random vectors."""
    vectors = np.random.default_rng(0).standard_normal((count, dimension), dtype=np.float32)
    write_flat_index(folder / "index", [vectors], count, dimension)
    (folder / "docid").write_text("".join(f"d{number}\n" for number in range(count)))


def best_of_each(*functions: Callable[[], object], rounds: int = 7) -> list[float]:
    """Seconds of each function's quickest call; they take turns and so meet the same load."""
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, seconds in zip(functions, times, strict=True):
            started = time.perf_counter()
            function()
            seconds.append(time.perf_counter() - started)
    return [min(seconds) for seconds in times]


def measure(folder: Path, topics: int) -> tuple[float, float]:
    """Milliseconds a query, arir's and Pyserini's."""
    start_jvm()
    from pyserini.search.faiss import FaissSearcher

    opened, searcher = open_dense_index(folder), FaissSearcher(str(folder), object())
    rng = np.random.default_rng(1)
    queries = rng.standard_normal((topics, opened.dimension), dtype=np.float32)
    names = [f"q{number}" for number in range(topics)]
    threads = os.cpu_count() or 1
    ours, theirs = best_of_each(
        lambda: search_vectors(opened, tuple(names), queries, HITS, threads=threads),
        lambda: searcher.batch_search(queries, names, HITS, threads),
    )
    return ours / topics * 1e3, theirs / topics * 1e3


def main(count: int = 100_000, dimension: int = 384) -> None:
    """Print both times and their ratio for each number of topics."""
    print(f"{count:,} vectors of {dimension} dimensions, {HITS} hits, {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder), count, dimension)
        for topics in TOPIC_COUNTS:
            ours, theirs = measure(Path(folder), topics)
            print(
                f"{topics:4} topics: arir {ours:.2f} ms a query, Pyserini {theirs:.2f} ms, "
                f"ratio {theirs / ours:.1f}"
            )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
