"""``arir fuse``: read the runs, fuse them, write the result with its provenance."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.artefacts import Provenance, find_qrels, sha256_of, write_provenance
from arir.artefacts.atomic import check_writable
from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run, write_run
from arir.errors import DataError, EvaluationError
from arir.evaluate.inputs import counted, named, rising_notes
from arir.evaluate.judgments import Judgments
from arir.evaluate.measures import parse_measure
from arir.fuse.config import FuseConfig
from arir.fuse.fuse import check_fusible, fuse
from arir.fuse.methods import METHODS, Fusion
from arir.fuse.pool import union_of_topics
from arir.fuse.tune import CHOICES
from arir.fuse.tuned import Tuning, cross_validated, tuned_elsewhere
from arir.search.service import default_tag

__all__ = ["FuseReport", "fuse_runs"]


@dataclass(frozen=True)
class FuseReport:
    """What a fusion did.

    Attributes:
        run: the file written; its side file lies beside it.
        fusion: the method with its parameters; with ``weights`` only where they were given.
        tuning: what the tuning gave, where there was one.
        topics: fused.
        hits: written, all topics together.
        qrels: named in the side file; ``None`` where none were given or the runs' differ.
        seconds: spent on fusing and tuning, without reading and writing.
        notes: warnings for the user.
    """

    run: Path
    fusion: Fusion
    tuning: Tuning | None
    topics: int
    hits: int
    qrels: Path | None
    seconds: float
    notes: tuple[str, ...] = ()


def fuse_runs(config: FuseConfig) -> FuseReport:
    """Fuse runs, as the settings say.

    Raises:
        DataError: for an unusable run or qrels.
        EvaluationError: where the runs do not fit together, or there is nothing to tune on.
        OutputError: where the run cannot be written.
    """
    check_writable(config.output)
    runs = _read(config.runs)
    notes = _notes(config, runs)
    qrels = _qrels(config, notes)
    tag = config.tag or default_tag(config.output)
    fusion = Fusion(
        config.method,
        config.weight or None,
        config.normalise or "min-max",
        60.0 if config.k is None else config.k,
        config.depth,
        config.hits,
    )
    started = time.perf_counter()
    fused, tuning = _fused(config, runs, fusion, qrels, tag)
    seconds = time.perf_counter() - started
    write_run(config.output, fused)
    write_provenance(config.output, _provenance(config, runs, fusion, tuning, qrels, tag, seconds))
    hits = len(fused.scores)
    return FuseReport(config.output, fusion, tuning, len(fused), hits, qrels, seconds, tuple(notes))


def _read(paths: Sequence[Path]) -> list[Run]:
    runs = [read_run(path) for path in paths]
    check_fusible(runs, [str(path) for path in paths])
    return runs


def _fused(
    config: FuseConfig, runs: list[Run], fusion: Fusion, qrels: Path | None, tag: str
) -> tuple[Run, Tuning | None]:
    if config.tune is None:
        return fuse(runs, fusion, tag=tag), None
    measure, choose = parse_measure(config.tune), CHOICES[config.choose]
    judgments = None if qrels is None else Judgments.from_qrels(read_qrels(qrels))
    if config.tune_qrels is not None:
        tune_runs = _read(config.tune_run) if config.tune_run else runs
        tune_judgments = Judgments.from_qrels(read_qrels(config.tune_qrels))
        return tuned_elsewhere(
            runs,
            judgments,
            tune_runs,
            tune_judgments,
            fusion,
            measure,
            step=config.step,
            choose=choose,
            tag=tag,
        )
    if judgments is None:
        raise EvaluationError(
            "nothing to tune on: no qrels are known", fix="name them with --qrels"
        )
    return cross_validated(
        runs,
        judgments,
        fusion,
        measure,
        step=config.step,
        folds=config.folds,
        seed=config.seed,
        choose=choose,
        tag=tag,
    )


def _notes(config: FuseConfig, runs: list[Run]) -> list[str]:
    notes = []
    topics = union_of_topics(runs)
    for path, run in zip(config.runs, runs, strict=True):
        lacking = [topic for topic in topics if topic not in set(run.topic_ids)]
        if lacking:
            share = f"{len(lacking)} of {counted(len(topics), 'topic')}"
            notes.append(f"{path} lacks {share}, fused from the others: {named(lacking)}")
        if config.normalise == "none" and METHODS[config.method].scores and run.scores.min() < 0:
            notes.append(f"{path} has scores below 0, where a passage that a run lacks counts 0")
        notes += rising_notes(str(path), path, run)
    return notes


def _qrels(config: FuseConfig, notes: list[str]) -> Path | None:
    """Those given, or those that every side file names, if they are the same."""
    if config.qrels is not None:
        return config.qrels
    found: dict[str, Path] = {}
    for run in config.runs:
        try:
            path = find_qrels(run)
        except DataError as error:
            notes.append(str(error))
            return None
        if path is None:
            return None
        found[sha256_of(path)] = path
    if len(found) > 1:
        notes.append("the runs name different qrels, so the fused run names none")
        return None
    return next(iter(found.values()))


def _provenance(
    config: FuseConfig,
    runs: list[Run],
    fusion: Fusion,
    tuning: Tuning | None,
    qrels: Path | None,
    tag: str,
    seconds: float,
) -> Provenance:
    step: dict[str, Any] = {"name": config.method, "runs": [run.tag for run in runs]}
    step |= {"depth": config.depth, "hits": config.hits}
    if METHODS[config.method].scores:
        step["normalisation"] = fusion.normalisation
    if config.method == "rrf":
        step["k"] = fusion.k
    if METHODS[config.method].weighted and tuning is None:
        step["weights"] = list(fusion.weights or (1.0,) * len(runs))
    if tuning is not None:
        step["tuning"] = _tuning_group(config, tuning)
    inputs = {f"run {number}": path for number, path in enumerate(config.runs, 1)}
    inputs |= {f"tuning run {number}": path for number, path in enumerate(config.tune_run, 1)}
    inputs |= {"qrels": qrels} if qrels is not None else {}
    inputs |= {"tuning qrels": config.tune_qrels} if config.tune_qrels is not None else {}
    seed = config.seed if tuning is not None and config.tune_qrels is None else None
    return Provenance(tag, {"fusion": [step]}, inputs, seed=seed, seconds=seconds)


def _tuning_group(config: FuseConfig, tuning: Tuning) -> dict[str, Any]:
    return {
        "measure": str(tuning.measure),
        "choose": config.choose,
        "step": config.step,
        "value": tuning.value,
        "value with equal weights": tuning.equal,
        "folds": [
            {
                "weights": list(fold.weights),
                "topics tuned on": fold.tuned_topics,
                "value tuned on": fold.tuned_value,
                "topics": fold.topics,
                "value": fold.value,
            }
            for fold in tuning.folds
        ],
    }
