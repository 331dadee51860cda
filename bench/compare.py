"""All pairs of systems under the randomisation test: arir against scipy.stats.permutation_test.

    python -m bench.compare [--full]

By default 8 systems on 1,000 topics with 20,000 permutations; --full takes 20 systems, 6,980 topics
and 100,000 permutations (190 pairs). scipy needs minutes for what arir does in seconds, so it is
timed on a few pairs with fewer permutations, and the time is scaled to all: it is linear in both.
The last figure is ``arir compare`` on three runs of 1,000 topics, from a cold process.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from arir.compare.corrections import corrected
from arir.compare.hypotheses import system_pairs
from arir.compare.significance import randomisation_tests

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Size:
    systems: int
    topics: int
    permutations: int
    scipy_pairs: int
    scipy_permutations: int
    hits: int


SMALL = Size(8, 1000, 20_000, scipy_pairs=2, scipy_permutations=2000, hits=100)
FULL = Size(20, 6980, 100_000, scipy_pairs=3, scipy_permutations=2000, hits=1000)


def values_of(size: Size) -> Values:
    """Reciprocal ranks of systems that share the topics' difficulty, shape (systems, topics)."""
    rng = np.random.default_rng(0)
    difficulty = rng.exponential(8.0, size.topics)
    skill = np.linspace(1.0, 1.06, size.systems)[:, None]
    ranks = 1 + rng.poisson(difficulty / skill, (size.systems, size.topics))
    return np.where(ranks <= 10, 1.0 / ranks, 0.0)


def arir_seconds(values: Values, size: Size) -> tuple[float, list[float]]:
    pairs = system_pairs(len(values), None)
    started = time.perf_counter()
    results = randomisation_tests(values, pairs, permutations=size.permutations)
    corrected([result.p for result in results])
    return time.perf_counter() - started, [result.p for result in results]


def scipy_seconds(values: Values, size: Size) -> tuple[float, list[float]]:
    """Seconds for all pairs with all permutations, scaled, and the p-values that were computed."""
    pairs = system_pairs(len(values), None)[: size.scipy_pairs]
    started = time.perf_counter()
    p = [
        stats.permutation_test(
            (values[one], values[other]),
            lambda x, y, axis: np.mean(x - y, axis=axis),
            permutation_type="samples",
            vectorized=True,
            n_resamples=size.scipy_permutations,
            batch=500,
            rng=np.random.default_rng(1),
        ).pvalue
        for one, other in pairs
    ]
    taken = time.perf_counter() - started
    share = size.permutations / size.scipy_permutations
    return taken / len(pairs) * share * len(system_pairs(len(values), None)), p


def command_seconds(size: Size) -> float:
    """``arir compare`` on three runs of 1,000 topics: the quickest of three calls."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        words = [sys.executable, "-m", "arir", "compare", *_write_runs(folder, size.hits)]
        words += ["--qrels", str(folder / "qrels.txt")]
        times = []
        for _ in range(3):
            started = time.perf_counter()
            subprocess.run(words, check=True, capture_output=True)
            times.append(time.perf_counter() - started)
    return min(times)


def _write_runs(folder: Path, hits: int, topics: int = 1000) -> list[str]:
    rng = np.random.default_rng(2)
    relevant = rng.integers(0, 100, topics)
    qrels = "".join(f"{topic} 0 d{docid} 1\n" for topic, docid in enumerate(relevant))
    (folder / "qrels.txt").write_text(qrels)
    paths = []
    for number in range(3):
        path = folder / f"run{number}.trec"
        with path.open("w") as stream:
            for topic in range(topics):
                for rank, docid in enumerate(rng.permutation(10 * hits)[:hits], 1):
                    stream.write(f"{topic} Q0 d{docid} {rank} {hits - rank} run{number}\n")
        paths.append(str(path))
    return paths


def main(size: Size = SMALL) -> None:
    """Print both times, their ratio, and how well the p-values agree."""
    values = values_of(size)
    count = len(system_pairs(size.systems, None))
    print(
        f"{size.systems} systems ({count} pairs), {size.topics:,} topics, "
        f"{size.permutations:,} permutations each, corrected"
    )
    ours, p = arir_seconds(values, size)
    theirs, scipy_p = scipy_seconds(values, size)
    gap = max(abs(a - b) for a, b in zip(p, scipy_p, strict=False))
    print(
        f"arir {ours:.1f} s; scipy {theirs:,.0f} s (scaled from {size.scipy_pairs} pairs of "
        f"{size.scipy_permutations:,} permutations); ratio {theirs / ours:.0f}"
    )
    print(f"p-values of those pairs differ by at most {gap:.4f}")
    seconds = command_seconds(size)
    print(f"arir compare, 3 runs x 1,000 topics x {size.hits:,} hits: {seconds:.1f} s")


if __name__ == "__main__":
    main(FULL if "--full" in sys.argv[1:] else SMALL)
