"""Reading and measuring runs: arir against pytrec_eval, ranx and trectools on the same files.

    python -m bench.evaluate [TOPICS [RUNS]] [--full]

Runs have 1,000 hits a topic and five measures are taken; --full is the size of MS MARCO dev, 5 runs
of 6,980 topics. arir's time includes reading the file. pytrec_eval's does not: its dictionaries are
in memory already. ranx compiles before the clock starts; it and trectools are timed on one run.
The last lines are the peak memory of `arir evaluate` on one run and on all of them.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run, write_run
from arir.evaluate import Judgments, measure_run, parse_measures

HITS = 1000
PASSAGES = 8_841_823
MEASURES = ("nDCG@10", "RR", "AP", "R@100", "P@10")
PYTREC_EVAL = {"ndcg_cut_10", "recip_rank", "map", "recall_100", "P_10"}
RANX = ["ndcg@10", "mrr", "map", "recall@100", "precision@10"]


def make_files(folder: Path, topics: int, runs: int) -> tuple[list[Path], Path]:
    """Write runs of the same topics, and qrels with one relevant passage a topic."""
    rng = np.random.default_rng(0)
    names = tuple(str(1_000_000 + 7 * number) for number in range(topics))
    paths = []
    for number in range(runs):
        ids = [rng.choice(PASSAGES, HITS, replace=False, shuffle=False) for _ in names]
        scores = -np.sort(-rng.gamma(2.0, 4.0, (topics, HITS)), axis=1).round(6)
        docids = np.concatenate(ids).astype(str).astype(object)
        run = Run(names, np.arange(topics + 1) * HITS, docids, scores.ravel(), f"system{number}")
        paths.append(folder / f"system{number}.trec")
        write_run(paths[-1], run)
    relevant = [run.docids[topic * HITS + rng.integers(0, HITS)] for topic in range(topics)]
    qrels = folder / "qrels.txt"
    qrels.write_text("".join(f"{t} 0 {d} 1\n" for t, d in zip(names, relevant, strict=True)))
    return paths, qrels


def seconds(function: Callable[[], object]) -> float:
    """Wall-clock time of a call, no garbage of earlier calls collected within it."""
    gc.collect()
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def with_arir(run: Path, qrels: Path) -> object:
    measures = parse_measures(MEASURES)
    return measure_run(read_run(run), Judgments.from_qrels(read_qrels(qrels)), measures)


def pytrec_eval_seconds(run: Path, qrels: Path) -> float:
    import pytrec_eval

    hits = {topic: dict(ranking) for topic, ranking in read_run(run).rankings()}
    evaluator = pytrec_eval.RelevanceEvaluator(read_qrels(qrels), PYTREC_EVAL)
    return seconds(lambda: evaluator.evaluate(hits))


def ranx_seconds(run: Path, qrels: Path) -> tuple[float, float]:
    """Reading and measuring together, and measuring alone."""
    import ranx

    judged = ranx.Qrels.from_file(str(qrels), kind="trec")
    loaded: list[ranx.Run] = []
    reading = seconds(lambda: loaded.append(ranx.Run.from_file(str(run), kind="trec")))
    measuring = seconds(lambda: ranx.evaluate(judged, loaded[0], RANX, make_comparable=True))
    return reading + measuring, measuring


def trectools_seconds(run: Path, qrels: Path) -> float:
    import trectools

    judged = trectools.TrecQrel(str(qrels))

    def measure() -> None:
        results = trectools.TrecEval(trectools.TrecRun(str(run)), judged)
        results.get_ndcg(depth=10, per_query=True)
        results.get_reciprocal_rank(per_query=True)
        results.get_map(per_query=True)
        results.get_recall(depth=100, per_query=True)
        results.get_precision(depth=10, per_query=True)

    return seconds(measure)


def peak_megabytes(runs: list[Path], qrels: Path) -> float:
    """The peak memory of a process that evaluates the runs (Linux)."""
    # What the kernel reports of a child includes its parent's peak; this is the child's own.
    code = (
        "import atexit, pathlib, sys\nfrom arir.cli import main\n"
        "peak = lambda: sys.stderr.write(pathlib.Path('/proc/self/status').read_text())\n"
        "atexit.register(peak)\nmain(sys.argv[1:])"
    )
    command = [sys.executable, "-c", code, "evaluate", *map(str, runs), "--qrels", str(qrels)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return next(int(x.split()[1]) for x in done.stderr.splitlines() if "VmHWM" in x) / 1024


def line(name: str, taken: float, ours: float) -> None:
    print(f"{name:42} {taken:8.2f} s a run   {taken / ours:6.1f} x arir's time")


def compare(folder: Path, topics: int, runs: int) -> None:
    paths, qrels = make_files(folder, topics, runs)
    small, small_qrels = make_files(folder / "small", 10, 1)
    with_arir(small[0], small_qrels)
    ours = statistics.median(seconds(lambda path=path: with_arir(path, qrels)) for path in paths)
    print(f"{runs} runs x {topics} topics x {HITS} hits, {len(MEASURES)} measures")
    line("arir, reading and measuring", ours, ours)
    theirs = statistics.median(pytrec_eval_seconds(path, qrels) for path in paths)
    line("pytrec_eval, measuring alone (goal: 0.67)", theirs, ours)
    ranx_seconds(small[0], small_qrels)
    both, measuring = ranx_seconds(paths[0], qrels)
    line("ranx, reading and measuring (goal: 1)", both, ours)
    line("ranx, measuring alone", measuring, ours)
    line("trectools, both (goal: 10)", trectools_seconds(paths[0], qrels), ours)
    one, all_runs = peak_megabytes(paths[:1], qrels), peak_megabytes(paths, qrels)
    print(f"peak memory: {one:.0f} MB for one run, {all_runs:.0f} MB for {runs} (goal: flat, 4096)")


def main(arguments: list[str] | None = None) -> None:
    words = sys.argv[1:] if arguments is None else arguments
    numbers = [int(word) for word in words if word != "--full"]
    topics, runs = (6980, 5) if "--full" in words else (*numbers, *(500, 3)[len(numbers) :])
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        compare(Path(folder), topics, runs)


if __name__ == "__main__":
    main()
