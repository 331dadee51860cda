"""One run against qrels: which topics count, in which order hits rank, what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.evaluate import Judgments, measure_run, parse_measures
from arir.evaluate.ranking import find_judged

MEASURES = parse_measures(["RR", "nDCG@10"])


def run_of(**rankings: dict[str, float]) -> Run:
    return Run.from_rankings({t: list(hits.items()) for t, hits in rankings.items()}, tag="bm25")


def test_missing_topics_count_zero_and_foreign_topics_are_left_out() -> None:
    run = run_of(q2={"a": 1.0}, q9={"a": 1.0})
    measured = measure_run(run, {"q1": {"a": 1}, "q2": {"a": 1}, "q3": {"a": 0}}, MEASURES)
    assert measured.topic_ids == ("q1", "q2", "q3")
    assert measured.missing == ("q1", "q3")
    assert measured.unjudged_topics == ("q9",)
    assert measured.values["RR"].tolist() == [0.0, 1.0, 0.0]


def test_a_topic_without_a_relevant_passage_counts_zero() -> None:
    measured = measure_run(run_of(q={"a": 1.0}), {"q": {"a": 0, "b": -1}}, MEASURES)
    assert {name: values.tolist() for name, values in measured.values.items()} == {
        "RR": [0.0],
        "nDCG@10": [0.0],
    }


def test_topics_with_negative_grades_alone_do_not_break_any_measure() -> None:
    measures = parse_measures(["AP", "Bpref", "infAP", "Rprec", "SetF", "IPrec@0.0", "ERR@5"])
    measured = measure_run(run_of(q={"a": 1.0}), {"q": {"a": -1}}, measures)
    assert {float(values[0]) for values in measured.values.values()} == {0.0}


def test_equal_scores_rank_by_docid_descending_in_the_order_of_bytes() -> None:
    tied = run_of(q={"a": 1.0, "B": 1.0, "é": 1.0, "ي": 1.0, "😀": 1.0, "10": 1.0, "9": 1.0})
    order = sorted(tied.docids, key=lambda docid: docid.encode(), reverse=True)
    for rank, docid in enumerate(order, 1):
        measured = measure_run(tied, {"q": {docid: 1}}, MEASURES)
        assert measured.values["RR"].tolist() == [1 / rank]


def test_scores_that_differ_beyond_single_precision_are_equal() -> None:
    run = run_of(q={"a": 1.0 + 1e-12, "b": 1.0})
    assert measure_run(run, {"q": {"a": 1}}, MEASURES).values["RR"].tolist() == [0.5]


def test_a_run_and_qrels_that_share_no_topic_are_refused() -> None:
    with pytest.raises(
        EvaluationError, match=r"bm25: .*run has 01, the qrels have 1, 2, 3, \.\.\."
    ):
        measure_run(run_of(**{"01": {"a": 1.0}}), {t: {"a": 1} for t in "1234"}, MEASURES)


@pytest.mark.parametrize("score", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(score: float) -> None:
    with pytest.raises(EvaluationError, match="bm25: the run holds a score that is not finite"):
        measure_run(run_of(q={"a": score}), {"q": {"a": 1}}, MEASURES)


docids = st.sampled_from([f"d{n}" for n in range(12)])
rankings = st.dictionaries(
    st.sampled_from(["q1", "q2", "q3", "q4"]),
    st.dictionaries(docids, st.sampled_from([3.0, 2.0, 1.0]), min_size=1),
    min_size=1,
)
judged = st.dictionaries(
    st.sampled_from(["q2", "q1", "q5"]), st.dictionaries(docids, st.integers(-1, 2)), min_size=1
)


@settings(max_examples=200)
@given(hits=rankings, qrels=judged, rows=st.integers(1, 10))
def test_judged_hits_are_those_of_a_plain_sort(
    hits: dict[str, dict[str, float]], qrels: dict[str, dict[str, int]], rows: int
) -> None:
    expected = [
        (at, rank, judged[docid])
        for at, (topic, judged) in enumerate(qrels.items())
        for rank, (_, docid) in enumerate(
            sorted(((s, d) for d, s in hits.get(topic, {}).items()), reverse=True), 1
        )
        if docid in judged
    ]
    found = find_judged(run_of(**hits), Judgments.from_qrels(qrels))
    assert list(zip(found.topic, found.rank, found.grade, strict=True)) == expected
    assert found.depth.tolist() == [len(hits.get(topic, {})) for topic in qrels]


def test_ranges_of_topics_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(5)
    hits = {
        f"q{t}": {f"d{d}": float(random.integers(0, 9)) for d in random.permutation(50)[:20]}
        for t in range(30)
    }
    qrels = {f"q{t}": {f"d{d}": int(d % 3) for d in range(40)} for t in range(30)}
    whole = measure_run(run_of(**hits), qrels, MEASURES).values
    monkeypatch.setattr("arir.data.columns.topic_ranges.__defaults__", (45,))
    parts = measure_run(run_of(**hits), qrels, MEASURES).values
    assert all((whole[name] == parts[name]).all() for name in whole)
