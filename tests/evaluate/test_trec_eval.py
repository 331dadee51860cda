"""Golden test: every measure against trec_eval itself, through pytrec_eval."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import pytrec_eval
from hypothesis import given, settings
from hypothesis import strategies as st

from arir.data.runs import Run
from arir.evaluate import measure_run, parse_measure

#: ours, trec_eval's, and its relevance level
PAIRS = [
    ("nDCG", "ndcg", 1),
    ("nDCG@3", "ndcg_cut_3", 1),
    ("nDCG@10", "ndcg_cut_10", 1),
    ("RR", "recip_rank", 1),
    ("RR(rel=2)", "recip_rank", 2),
    ("AP", "map", 1),
    ("AP(rel=2)", "map", 2),
    ("AP@5", "map_cut_5", 1),
    ("P@5", "P_5", 1),
    ("P(rel=2)@30", "P_30", 2),
    ("R@5", "recall_5", 1),
    ("R(rel=3)@100", "recall_100", 3),
    ("Success@1", "success_1", 1),
    ("Success(rel=2)@5", "success_5", 2),
    ("Rprec", "Rprec", 1),
    ("Bpref", "bpref", 1),
    ("Bpref(rel=2)", "bpref", 2),
    ("infAP", "infAP", 1),
    ("infAP(rel=2)", "infAP", 2),
    ("IPrec@0.0", "iprec_at_recall_0.00", 1),
    ("IPrec@0.3", "iprec_at_recall_0.30", 1),
    ("IPrec@0.7", "iprec_at_recall_0.70", 1),
    ("IPrec@1.0", "iprec_at_recall_1.00", 1),
    ("SetP", "set_P", 1),
    ("SetP(relative=True)", "set_relative_P", 1),
    ("SetR", "set_recall", 1),
    ("SetR(rel=2)", "set_recall", 2),
    ("SetF", "set_F", 1),
    ("SetAP", "set_map", 1),
    ("NumRet", "num_ret", 1),
    ("NumRel", "num_rel", 1),
    ("NumRelRet", "num_rel_ret", 1),
    ("NumRelRet(rel=2)", "num_rel_ret", 2),
]

Rankings = dict[str, dict[str, float]]
Judged = dict[str, dict[str, int]]


def trec_eval(name: str, rel: int, run: Rankings, qrels: Judged, judged_only: bool = False) -> Any:
    evaluator = pytrec_eval.RelevanceEvaluator(
        qrels, {name}, relevance_level=rel, judged_docs_only_flag=int(judged_only)
    )
    found = evaluator.evaluate(run)
    if name == "num_rel":  # counted for missing topics too, but pytrec_eval leaves them out
        return [sum(grade >= rel for grade in judged.values()) for judged in qrels.values()]
    return [found.get(topic, {}).get(name, 0.0) for topic in qrels]


def ours(text: str, run: Rankings, qrels: Judged) -> list[float]:
    columns = Run.from_rankings({t: list(hits.items()) for t, hits in run.items()}, tag="t")
    measure = parse_measure(text)
    values: list[float] = measure_run(columns, qrels, [measure]).values[str(measure)].tolist()
    return values


docids = st.sampled_from([f"d{n}" for n in range(30)] + ["وثيقة", "007", "7", "NA", "é", "z"])
# Few distinct scores make ties; 1e-9 apart they are equal in single precision.
scores = st.sampled_from([3.0, 2.0, 2.0 + 1e-9, 1.0, 0.5, 0.0, -1.5, 1e39, 1e40])
topics = st.sampled_from(["1", "01", "q", "س١"])
runs = st.dictionaries(topics, st.dictionaries(docids, scores, min_size=1, max_size=36), min_size=1)
grades = st.integers(-2, 4)
# trec_eval crashes where a topic has negative grades alone: one judged passage is always there.
judged = st.dictionaries(docids, grades).map(lambda found: {"d0": 0} | found)
all_qrels = st.dictionaries(
    topics, judged.filter(lambda found: max(found.values()) >= 0), min_size=1
)


@pytest.mark.parametrize(("mine", "theirs", "rel"), PAIRS)
@settings(max_examples=60, deadline=None)
@given(run=runs, qrels=all_qrels)
def test_every_measure_equals_trec_eval_to_the_last_digit(
    mine: str, theirs: str, rel: int, run: Rankings, qrels: Judged
) -> None:
    if not run.keys() & qrels.keys():
        qrels = qrels | {next(iter(run)): {"d1": 1}}
    assert ours(mine, run, qrels) == trec_eval(theirs, rel, run, qrels)


def deep_run(seed: int) -> tuple[Rankings, Judged]:
    """40 topics, up to 1,000 hits, ties, 60 judgments a topic."""
    random = np.random.default_rng(seed)
    run, qrels = {}, {}
    for topic in range(40):
        depth = int(random.integers(1, 1000))
        picked = random.permutation(5000)[:depth]
        run[str(topic)] = {f"d{d}": float(random.integers(0, 300)) / 7 for d in picked}
        pool = np.concatenate([picked[:40], random.permutation(5000)[:60]])
        qrels[str(topic)] = {f"d{d}": int(random.integers(-1, 4)) for d in pool}
    return run, qrels


@pytest.mark.parametrize(("mine", "theirs", "rel"), PAIRS)
def test_deep_rankings_equal_trec_eval_to_the_last_digit(mine: str, theirs: str, rel: int) -> None:
    run, qrels = deep_run(7)
    assert ours(mine, run, qrels) == trec_eval(theirs, rel, run, qrels)


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ("nDCG(judged_only=True)@10", "ndcg_cut_10"),
        ("RR(judged_only=True)", "recip_rank"),
        ("AP(judged_only=True)", "map"),
        ("P(judged_only=True)@5", "P_5"),
        ("R(judged_only=True)@5", "recall_5"),
        ("Success(judged_only=True)@5", "success_5"),
        ("Rprec(judged_only=True)", "Rprec"),
        ("IPrec(judged_only=True)@0.5", "iprec_at_recall_0.50"),
        ("SetP(judged_only=True)", "set_P"),
    ],
)
def test_condensed_rankings_equal_trec_eval_with_judged_documents_only(
    mine: str, theirs: str
) -> None:
    run, qrels = deep_run(11)
    assert ours(mine, run, qrels) == trec_eval(theirs, 1, run, qrels, judged_only=True)


def test_gains_in_place_of_grades_equal_trec_eval_on_mapped_qrels() -> None:
    run, qrels = deep_run(13)
    mapping = {1: 0, 2: 5, 3: 1}
    mapped = {t: {d: mapping.get(g, g) for d, g in judged.items()} for t, judged in qrels.items()}
    values = ours("nDCG(gains={1:0,2:5,3:1})@20", run, qrels)
    assert values == trec_eval("ndcg_cut_20", 1, run, mapped)


@pytest.mark.parametrize("beta", [0.5, 2.0])
def test_set_f_equals_trec_eval_for_other_weights(beta: float) -> None:
    run, qrels = deep_run(17)
    evaluator = pytrec_eval.RelevanceEvaluator(qrels, {f"set_F_{beta}"})
    expected = [values["set_F"] for values in evaluator.evaluate(run).values()]
    assert ours(f"SetF(beta={beta})", run, qrels) == expected


def test_the_order_of_lines_changes_nothing() -> None:
    run, qrels = deep_run(19)
    random = np.random.default_rng(0)
    shuffled = {
        topic: {docid: hits[docid] for docid in random.permutation(list(hits)).tolist()}
        for topic, hits in run.items()
    }
    for text in ("nDCG@10", "AP", "Bpref", "infAP", "RBP"):
        assert ours(text, shuffled, qrels) == ours(text, run, qrels)
