"""Small collections on disk: one relevant passage a topic, at the rank that a test wants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from arir.artefacts import Provenance, write_provenance

#: hits a topic
DEPTH = 12


def write_qrels(folder: Path, topics: int, name: str = "qrels.txt", prefix: str = "q") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text("".join(f"{prefix}{t} 0 rel 1\n" for t in range(topics)), encoding="utf-8")
    return path


def write_run(
    path: Path, ranks: Sequence[int], *, depth: int = DEPTH, prefix: str = "q", tag: str = ""
) -> Path:
    """A run with the relevant passage at ``ranks[topic]``; 0 leaves it out, -1 the topic."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for topic, wanted in enumerate(ranks):
        if wanted < 0:
            continue
        for rank in range(1, depth + 1):
            docid = "rel" if rank == wanted else f"d{rank}"
            score = depth - rank
            lines.append(f"{prefix}{topic} Q0 {docid} {rank} {score} {tag or path.stem}\n")
    path.write_text("".join(lines), encoding="utf-8")
    return path


def random_ranks(topics: int, seed: int, best: int = 1) -> list[int]:
    """Ranks from ``best`` on; a larger ``best`` is a worse system."""
    drawn = np.random.default_rng(seed).integers(best, DEPTH + 1, topics)
    return [int(rank) for rank in drawn]


def write_systems(folder: Path, systems: Mapping[str, Sequence[int]]) -> list[Path]:
    """Qrels and runs in one folder; the runs, in order."""
    topics = max(map(len, systems.values()))
    write_qrels(folder, topics)
    return [write_run(folder / f"{name}.trec", ranks) for name, ranks in systems.items()]


def record(run: Path, qrels: Path, topics: Path | None = None) -> None:
    """Write the side file by which the qrels (and the topics) of a run are found."""
    inputs = {"qrels": qrels} | ({"topics": topics} if topics is not None else {})
    write_provenance(run, Provenance(run.stem, {}, inputs))
