"""Fuse runs with tuned weights, and say what the tuning is worth on topics that it did not see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.evaluate.inputs import counted
from arir.evaluate.judgments import Judgments
from arir.evaluate.measure import measure_run
from arir.evaluate.measures import Measure
from arir.fuse.fuse import fuse, join
from arir.fuse.methods import Fusion
from arir.fuse.pool import Floats, union_of_topics
from arir.fuse.tune import Choice, best_weights, folds_of, grid_of_weights, grid_values

__all__ = ["Fold", "Tuning", "cross_validated", "tuned_elsewhere"]


@dataclass(frozen=True)
class Fold:
    """Weights that were chosen on some topics and used on others.

    Attributes:
        weights: one for each run; they sum to 1.
        tuned_topics: the number of topics that they were chosen on.
        tuned_value: the mean there.
        topics: the number of topics that they were used on.
        value: the mean there; ``None`` where these topics have no judgments.
    """

    weights: tuple[float, ...]
    tuned_topics: int
    tuned_value: float
    topics: int
    value: float | None


@dataclass(frozen=True)
class Tuning:
    """What the tuning gave.

    Attributes:
        measure: that the weights were chosen by.
        folds: of the cross-validation; one fold where the weights were tuned on other topics.
        value: the mean of the fused run over all judged topics, none of them tuned on with the
            weights that it was fused with; ``None`` without judgments.
        equal: the mean there with equal weights.
    """

    measure: Measure
    folds: tuple[Fold, ...]
    value: float | None
    equal: float | None


def cross_validated(
    runs: Sequence[Run],
    judgments: Judgments,
    fusion: Fusion,
    measure: Measure,
    *,
    step: float,
    folds: int,
    seed: int,
    choose: Choice = best_weights,
    tag: str = "fused",
) -> tuple[Run, Tuning]:
    """Fuse each fold of the topics with the weights that are chosen on the other folds.

    Topics without judgments are fused with the weights that are chosen on all judged ones.

    Raises:
        EvaluationError: where there are fewer judged topics than folds, or the runs hold none.
    """
    names = judgments.topic_ids
    _check_folds(runs, judgments, folds)
    grid = grid_of_weights(len(runs), step)
    values = grid_values(runs, judgments, fusion, grid, measure)
    chosen: dict[str, tuple[float, ...]] = {}
    found = []
    for held_out in folds_of(len(names), folds, seed):
        rest = np.setdiff1d(np.arange(len(names)), held_out)
        best = choose(values[:, rest])
        chosen |= {names[topic]: grid[best] for topic in held_out.tolist()}
        tuned, value = float(values[best, rest].mean()), float(values[best, held_out].mean())
        found.append(Fold(grid[best], len(rest), tuned, len(held_out), value))
    overall = grid[choose(values)]
    run = _fused_with(runs, fusion, {t: chosen.get(t, overall) for t in union_of_topics(runs)}, tag)
    return run, Tuning(measure, tuple(found), _mean(run, judgments, measure), _equal(values))


def tuned_elsewhere(
    runs: Sequence[Run],
    judgments: Judgments | None,
    tune_runs: Sequence[Run],
    tune_judgments: Judgments,
    fusion: Fusion,
    measure: Measure,
    *,
    step: float,
    choose: Choice = best_weights,
    tag: str = "fused",
) -> tuple[Run, Tuning]:
    """Fuse with the weights that are chosen on other topics.

    Raises:
        EvaluationError: where both sets of topics overlap, or the runs hold no topic to tune on.
    """
    _check_apart(judgments, tune_judgments)
    _check_judged(tune_runs, tune_judgments)
    grid = grid_of_weights(len(runs), step)
    tuned = grid_values(tune_runs, tune_judgments, fusion, grid, measure)
    best = choose(tuned)
    apart = set(tune_judgments.topic_ids)
    topics = [topic for topic in union_of_topics(runs) if topic not in apart]
    if not topics:
        raise EvaluationError("the runs hold no topic but those to tune on")
    run = fuse(runs, replace(fusion, weights=grid[best]), topics=topics, tag=tag)
    value = equal = None
    if judgments is not None:
        value = _mean(run, judgments, measure)
        equal = _equal(grid_values(runs, judgments, fusion, grid[:1], measure))
    count = len(run) if judgments is None else len(judgments.topic_ids)
    fold = Fold(grid[best], len(tune_judgments.topic_ids), float(tuned[best].mean()), count, value)
    return run, Tuning(measure, (fold,), value, equal)


def _fused_with(
    runs: Sequence[Run], fusion: Fusion, weights: dict[str, tuple[float, ...]], tag: str
) -> Run:
    """Fuse every topic with weights of its own, topics in their order."""
    parts = []
    for chosen in dict.fromkeys(weights.values()):
        topics = [topic for topic, theirs in weights.items() if theirs == chosen]
        parts.append(fuse(runs, replace(fusion, weights=chosen), topics=topics, tag=tag))
    whole = join(parts, tag)
    return whole.with_topics([topic for topic in weights if topic in set(whole.topic_ids)])


def _mean(run: Run, judgments: Judgments, measure: Measure) -> float:
    return float(measure_run(run, judgments, [measure]).values[str(measure)].mean())


def _equal(values: Floats) -> float:
    """The mean under the first weights of a grid, which are equal ones."""
    return float(values[0].mean())


def _check_judged(runs: Sequence[Run], judgments: Judgments) -> None:
    if set(union_of_topics(runs)).isdisjoint(judgments.topic_ids):
        example = ", ".join(judgments.topic_ids[:3])
        raise EvaluationError(f"the runs hold none of the judged topics ({example})")


def _check_folds(runs: Sequence[Run], judgments: Judgments, folds: int) -> None:
    _check_judged(runs, judgments)
    if len(judgments.topic_ids) < folds:
        count = len(judgments.topic_ids)
        what = f"{counted(count, 'judged topic')} cannot be cross-validated in {folds} folds"
        raise EvaluationError(what, fix="give fewer --folds, or tune on other topics")


def _check_apart(judgments: Judgments | None, tuned: Judgments) -> None:
    shared = set(tuned.topic_ids).intersection(judgments.topic_ids if judgments else ())
    if shared:
        both = f"{counted(len(shared), 'topic')} for both tuning and reporting"
        raise EvaluationError(
            f"{both}, {min(shared)} among them",
            fix="give other --tune-qrels, or leave them out to cross-validate",
        )
