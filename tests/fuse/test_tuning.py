"""Tuned weights: what the grid measures, what a fold may see, what is reported."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import sem

from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.evaluate import Judgments, measure_run, parse_measure
from arir.fuse import Fusion, fuse
from arir.fuse.tune import (
    best_weights,
    folds_of,
    grid_of_weights,
    grid_values,
    steady_weights,
)
from arir.fuse.tuned import cross_validated, tuned_elsewhere

MEASURE = parse_measure("nDCG@10")
STEP = 0.25


def make(seed: int, topics: range, good: int = 0) -> tuple[list[Run], Qrels]:
    """Two runs and their qrels; the scores of run ``good`` alone tell of relevance."""
    random = np.random.default_rng(seed)
    qrels: Qrels = {}
    rankings: list[dict[str, list[tuple[str, float]]]] = [{}, {}]
    for topic in (f"q{n}" for n in topics):
        relevant = {f"d{d}" for d in random.permutation(60)[:8]}
        qrels[topic] = {f"d{d}": int(f"d{d}" in relevant) for d in range(40)}
        for number, run in enumerate(rankings):
            gain = 1.0 if number == good else 0.0
            run[topic] = [
                (f"d{d}", float(random.normal() + gain * (f"d{d}" in relevant)))
                for d in random.permutation(60)[:50]
            ]
    return [Run.from_rankings(run, f"r{n}") for n, run in enumerate(rankings)], qrels


def value_of(runs: list[Run], qrels: Qrels, weights: tuple[float, ...]) -> np.ndarray:
    fused = fuse(runs, Fusion("interpolation", weights))
    return measure_run(fused, qrels, [MEASURE]).values["nDCG@10"]


@pytest.mark.parametrize(("runs", "step", "size"), [(2, 0.1, 11), (3, 0.1, 67), (4, 0.5, 11)])
def test_a_grid_holds_every_step_once_and_equal_weights_first(
    runs: int, step: float, size: int
) -> None:
    grid = grid_of_weights(runs, step)
    assert len(grid) == len(set(grid)) == size
    assert grid[0] == (1 / runs,) * runs
    assert all(sum(weights) == pytest.approx(1.0) for weights in grid)


@pytest.mark.parametrize("method", ["interpolation", "rrf", "combmnz", "condorcet"])
@pytest.mark.parametrize(("measure", "hits"), [("nDCG@10", 1000), ("SetP", 20), ("Bpref", 7)])
def test_the_grid_measures_what_fusing_and_measuring_would(
    method: str, measure: str, hits: int
) -> None:
    runs, qrels = make(1, range(12))
    qrels["lost"] = {"d1": 1}
    fusion = Fusion(method, depth=30, hits=hits)
    grid = grid_of_weights(2, 0.5)
    values = grid_values(runs, Judgments.from_qrels(qrels), fusion, grid, parse_measure(measure))
    for row, weights in zip(values, grid, strict=True):
        fused = fuse(runs, replace(fusion, weights=weights))
        expected = measure_run(fused, qrels, [parse_measure(measure)]).values[measure]
        assert row.tolist() == expected.tolist()


def test_of_equal_means_the_more_equal_weights_win() -> None:
    values = np.array([[0.5, 0.1], [0.1, 0.5 + 1e-15], [0.0, 0.0]])
    assert best_weights(values) == 0
    assert best_weights(values[:, [1]]) == 1


def test_folds_are_disjoint_complete_and_seeded() -> None:
    folds = folds_of(23, 5, seed=3)
    assert sorted(np.concatenate(folds).tolist()) == list(range(23))
    assert [fold.tolist() for fold in folds] == [fold.tolist() for fold in folds_of(23, 5, seed=3)]
    assert folds[0].tolist() != folds_of(23, 5, seed=4)[0].tolist()


def test_cross_validation_finds_the_run_that_tells_something() -> None:
    runs, qrels = make(2, range(40), good=1)
    run, tuning = cross_validated(
        runs, Judgments.from_qrels(qrels), Fusion("interpolation"), MEASURE,
        step=STEP, folds=5, seed=1,
    )  # fmt: skip
    assert all(fold.weights[1] > 0.5 for fold in tuning.folds)
    assert tuning.value is not None
    assert tuning.equal is not None
    assert tuning.value > tuning.equal
    assert run.topic_ids == runs[0].topic_ids


def test_each_fold_is_fused_with_the_weights_of_the_others_and_no_topic_judges_itself() -> None:
    runs, qrels = make(3, range(20))
    judgments, folds = Judgments.from_qrels(qrels), 4
    run, tuning = cross_validated(
        runs, judgments, Fusion("interpolation"), MEASURE, step=STEP, folds=folds, seed=9
    )
    grid = grid_of_weights(2, STEP)
    table = np.array([value_of(runs, qrels, weights) for weights in grid])
    measured = measure_run(run, qrels, [MEASURE]).values["nDCG@10"]
    for fold, held_out in zip(tuning.folds, folds_of(20, folds, seed=9), strict=True):
        rest = np.setdiff1d(np.arange(20), held_out)
        best = int(np.argmax(table[:, rest].mean(axis=1)))
        assert fold.weights == grid[best]
        assert fold.tuned_value == table[best, rest].mean()
        assert fold.value == table[best, held_out].mean()
        assert measured[held_out].tolist() == table[best, held_out].tolist()
    assert tuning.value == measured.mean()
    assert tuning.equal == table[0].mean()


def test_a_topic_does_not_change_the_weights_that_it_is_fused_with() -> None:
    runs, qrels = make(4, range(10))
    before, tuning = cross_validated(
        runs, Judgments.from_qrels(qrels), Fusion("interpolation"), MEASURE,
        step=STEP, folds=10, seed=0,
    )  # fmt: skip
    judged = {docid: 1 - grade for docid, grade in qrels["q4"].items()}
    after, _ = cross_validated(
        runs, Judgments.from_qrels(qrels | {"q4": judged}), Fusion("interpolation"), MEASURE,
        step=STEP, folds=10, seed=0,
    )  # fmt: skip
    at = before.topic_ids.index("q4")
    assert before.hits(at) == after.hits(at)
    assert len(tuning.folds) == 10


def test_topics_without_judgments_get_the_weights_of_all_judged_ones() -> None:
    runs, qrels = make(5, range(12), good=1)
    del qrels["q3"]
    judgments = Judgments.from_qrels(qrels)
    run, _ = cross_validated(
        runs, judgments, Fusion("interpolation"), MEASURE, step=STEP, folds=3, seed=0
    )
    grid = grid_of_weights(2, STEP)
    best = best_weights(np.array([value_of(runs, qrels, weights) for weights in grid]))
    expected = fuse(runs, Fusion("interpolation", grid[best]), topics=["q3"])
    assert run.hits(run.topic_ids.index("q3")) == expected.hits(0)


def test_weights_are_tuned_on_one_set_and_reported_on_the_other() -> None:
    (tune_runs, tune_qrels), (runs, qrels) = make(6, range(30), good=1), make(7, range(50, 70), 1)
    judgments, tune_judgments = Judgments.from_qrels(qrels), Judgments.from_qrels(tune_qrels)
    run, tuning = tuned_elsewhere(
        runs, judgments, tune_runs, tune_judgments, Fusion("interpolation"), MEASURE, step=STEP
    )
    grid = grid_of_weights(2, STEP)
    table = np.array([value_of(tune_runs, tune_qrels, weights) for weights in grid])
    (fold,) = tuning.folds
    assert fold.weights == grid[best_weights(table)]
    assert (fold.tuned_topics, fold.topics) == (30, 20)
    assert tuning.value == value_of(runs, qrels, fold.weights).mean()
    assert tuning.equal == value_of(runs, qrels, (0.5, 0.5)).mean()
    assert run.topic_ids == runs[0].topic_ids


def test_topics_that_were_tuned_on_are_not_written() -> None:
    runs, qrels = make(8, range(20))
    tune = {topic: qrels.pop(topic) for topic in list(qrels)[:12]}
    run, tuning = tuned_elsewhere(
        runs, None, runs, Judgments.from_qrels(tune), Fusion("interpolation"), MEASURE, step=STEP
    )
    assert run.topic_ids == tuple(qrels)
    assert (tuning.value, tuning.equal, tuning.folds[0].value) == (None, None, None)


def test_what_cannot_be_tuned_is_refused() -> None:
    runs, qrels = make(9, range(4))
    judgments, fusion = Judgments.from_qrels(qrels), Fusion("interpolation")
    foreign = Judgments.from_qrels({"x": {"d1": 1}})
    with pytest.raises(EvaluationError, match=r"4 judged topics .* in 5 folds; give fewer --folds"):
        cross_validated(runs, judgments, fusion, MEASURE, step=STEP, folds=5, seed=0)
    single = Judgments.from_qrels({"q0": {"d1": 1}})
    with pytest.raises(EvaluationError, match=r"^1 judged topic cannot"):
        cross_validated(runs, single, fusion, MEASURE, step=STEP, folds=2, seed=0)
    with pytest.raises(EvaluationError, match=r"hold none of the judged topics \(x\)"):
        cross_validated(runs, foreign, fusion, MEASURE, step=STEP, folds=2, seed=0)
    with pytest.raises(
        EvaluationError, match=r"4 topics for both tuning and reporting, q0 among them"
    ):
        tuned_elsewhere(runs, judgments, runs, judgments, fusion, MEASURE, step=STEP)
    with pytest.raises(EvaluationError, match="hold no topic but those to tune on"):
        tuned_elsewhere(runs, None, runs, judgments, fusion, MEASURE, step=STEP)


VALUES = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(2, 12)), elements=st.floats(0, 1)
)


@given(VALUES)
def test_steady_weights_are_the_first_that_one_standard_error_does_not_refute(
    values: np.ndarray,
) -> None:
    steady, best = steady_weights(values), best_weights(values)
    assert steady <= best
    gap = values[best] - values
    error = sem(gap, axis=1)
    assert gap[steady].mean() <= error[steady] + 1e-9
    assert all(gap[row].mean() > error[row] - 1e-9 for row in range(steady))


def test_steady_weights_follow_clear_evidence_and_stay_equal_without_it() -> None:
    clear = np.array([[0.2, 0.3, 0.2, 0.3], [0.9, 1.0, 0.9, 1.0]])
    unclear = np.array([[0.2, 0.9, 0.2, 0.9], [0.9, 0.2, 0.9, 0.3]])
    assert steady_weights(clear) == best_weights(clear) == 1
    assert (steady_weights(unclear), best_weights(unclear)) == (0, 1)
    assert steady_weights(clear[:, :1]) == 1


def test_weights_are_chosen_as_asked_for_elsewhere_and_in_folds() -> None:
    runs, qrels = make(2, range(12))
    tune_runs, tune_qrels = make(3, range(100, 106))
    table = {
        "runs": runs,
        "judgments": Judgments.from_qrels(qrels),
        "fusion": Fusion("interpolation"),
        "measure": MEASURE,
        "step": STEP,
        "choose": lambda values: len(values) - 1,
    }
    last = grid_of_weights(2, STEP)[-1]
    elsewhere = {"tune_runs": tune_runs, "tune_judgments": Judgments.from_qrels(tune_qrels)}
    _, tuning = tuned_elsewhere(**table, **elsewhere)  # type: ignore[arg-type]  # of several types
    assert [fold.weights for fold in tuning.folds] == [last]
    _, tuning = cross_validated(**table, folds=3, seed=1)  # type: ignore[arg-type]
    assert [fold.weights for fold in tuning.folds] == [last] * 3
