"""What is seen of a run: ranks as trec_eval has them, curves, scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given
from hypothesis import strategies as st

from arir.compare import CompareConfig, compare
from arir.data.runs import Run, write_run
from arir.errors import ConfigError
from arir.report.data import RECALL_LEVELS, Report
from arir.report.gather import gather
from arir.report.observe import distribution, observe
from arir.sample import sample_path
from tests.report.sample import first, sample_runs

QRELS = {"q1": {"a": 1, "b": 2, "z": 1}, "q2": {"c": 1}}


def test_ties_are_ranked_as_trec_eval_ranks_them() -> None:
    run = Run.from_rankings({"q1": [("a", 1.0), ("c", 1.0), ("b", 1.0 + 1e-9), ("d", 2.0)]}, "t")
    ranking = observe(run, QRELS, ["q1"]).rankings["q1"]
    # b and a are equal in single precision, so the greater id goes first.
    assert [hit.docid for hit in ranking.hits] == ["d", "c", "b", "a"]
    assert ranking.ranks == {"b": 3, "a": 4}


def test_only_grades_from_the_threshold_are_relevant() -> None:
    run = Run.from_rankings({"q1": [("a", 2.0), ("b", 1.0)]}, "t")
    assert observe(run, QRELS, ["q1"], relevant_from=2).rankings["q1"].ranks == {"b": 2}


def test_topics_without_hits_are_shown_as_such_and_others_are_not() -> None:
    run = Run.from_rankings({"q1": [("a", 2.0)], "q9": [("a", 1.0)]}, "t")
    seen = observe(run, QRELS, ["q2"])
    assert set(seen.rankings) == {"q2"}
    assert seen.rankings["q2"].hits == ()
    assert seen.scores.relevant.sum() + seen.scores.other.sum() == 1


@pytest.mark.parametrize("run", sample_runs(), ids=lambda run: run.tag)
def test_curves_are_those_of_trec_eval(run: Run, report: Report) -> None:
    qrels = first(report).qrels
    names = {f"iprec_at_recall.{','.join(f'{level:.2f}' for level in RECALL_LEVELS)}"}
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, names)
    rankings = {topic: dict(hits) for topic, hits in run.rankings()}
    found = evaluator.evaluate(rankings)
    expected = [
        sum(one[f"iprec_at_recall_{level:.2f}"] for one in found.values()) / len(qrels)
        for level in RECALL_LEVELS
    ]
    assert observe(run, qrels, []).curve == pytest.approx(expected, abs=1e-12)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.data())
def test_every_hit_is_counted_once(scores: list[float], data: st.DataObject) -> None:
    relevant = data.draw(st.lists(st.sampled_from(scores), max_size=len(scores), unique=True))
    spread = distribution(np.array(scores), np.array(relevant))
    assert spread.relevant.sum() == len(relevant)
    assert spread.relevant.sum() + spread.other.sum() == len(scores)
    assert (spread.other >= 0).all()
    assert spread.edges[0] <= min(scores)
    assert max(scores) <= spread.edges[-1]


def test_equal_scores_make_a_histogram_too() -> None:
    assert distribution(np.ones(3), np.ones(1)).other.sum() == 2


def test_corpora_that_fit_no_collection_are_refused(tmp_path: Path) -> None:
    runs = []
    for run in sample_runs()[:2]:
        runs.append(tmp_path / f"{run.tag}.trec")
        write_run(runs[-1], run)
    comparison = compare(
        CompareConfig(runs=tuple(runs), qrels=sample_path("qrels.test.txt"), permutations=99)
    )
    with pytest.raises(ConfigError, match="3 corpora for 1 collections"):
        gather(comparison, [tmp_path] * 3)


def test_the_title_names_what_was_compared(report: Report, several: Report) -> None:
    assert report.title == "3 systems on a"
    assert several.title == "3 systems on 2 collections"


def test_passages_are_those_that_can_be_shown(report: Report) -> None:
    passages = report.seen[0].passages
    shown = {
        hit.docid
        for run in report.seen[0].runs
        for ranking in run.rankings.values()
        for hit in ranking.hits
    }
    relevant = {docid for judged in first(report).qrels.values() for docid in judged}
    assert set(passages) == shown | relevant
