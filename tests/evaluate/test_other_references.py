"""Measures that trec_eval lacks, against the tools that define them, through ir-measures."""

from __future__ import annotations

import shutil

import ir_measures
import numpy as np
import pytest

from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.evaluate import measure_run, parse_measure

Rankings = dict[str, dict[str, float]]
Judged = dict[str, dict[str, int]]


@pytest.fixture(scope="module")
def data() -> tuple[Rankings, Judged]:
    """20 topics with distinct scores, since the references break ties in their own ways."""
    random = np.random.default_rng(3)
    run: Rankings = {}
    qrels: Judged = {}
    for topic in map(str, range(1, 21)):
        picked = random.permutation(300)[: random.integers(5, 120)]
        scores = random.permutation(len(picked)) / 3
        run[topic] = {f"d{d}": float(s) for d, s in zip(picked, scores, strict=True)}
        pool = random.permutation(300)[:80]
        qrels[topic] = {f"d{d}": int(random.integers(0, 5)) for d in pool} | {"x": 1}
    del run["4"]
    return run, qrels


def ours(text: str, run: Rankings, qrels: Judged) -> list[float]:
    columns = Run.from_rankings({t: list(hits.items()) for t, hits in run.items()}, tag="t")
    values: list[float] = next(
        iter(measure_run(columns, qrels, [parse_measure(text)]).values.values())
    ).tolist()
    return values


def theirs(provider: str, measure: object, run: Rankings, qrels: Judged) -> list[float]:
    values = {
        metric.query_id: metric.value
        for metric in getattr(ir_measures, provider).iter_calc([measure], qrels, run)
    }
    return [values[topic] for topic in qrels]


@pytest.mark.skipif(shutil.which("perl") is None, reason="gdeval is a Perl script")
@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("ERR@20", ir_measures.ERR @ 20),
        ("ERR@5", ir_measures.ERR @ 5),
        ("nDCG(dcg='exp-log2')@20", ir_measures.nDCG(dcg="exp-log2") @ 20),
        ("nDCG(dcg='exp-log2')@7", ir_measures.nDCG(dcg="exp-log2") @ 7),
    ],
)
def test_gains_in_powers_of_two_equal_gdeval(
    data: tuple[Rankings, Judged], text: str, measure: object
) -> None:
    # gdeval prints five decimals
    assert ours(text, *data) == pytest.approx(theirs("gdeval", measure, *data), abs=5.1e-6)


@pytest.mark.parametrize(
    ("text", "measure"),
    [
        ("Judged@10", ir_measures.Judged @ 10),
        ("Judged@100", ir_measures.Judged @ 100),
        ("Judged", ir_measures.Judged),
    ],
)
def test_judged_equals_ir_measures(
    data: tuple[Rankings, Judged], text: str, measure: object
) -> None:
    assert ours(text, *data) == theirs("judged", measure, *data)


@pytest.mark.parametrize("p", [0.5, 0.8, 0.95])
@pytest.mark.parametrize(("cutoff", "rel"), [(None, 1), (10, 1), (10, 2)])
def test_rbp_equals_its_definition(
    data: tuple[Rankings, Judged], p: float, cutoff: int | None, rel: int
) -> None:
    run, qrels = data
    text = f"RBP(p={p},rel={rel})" + (f"@{cutoff}" if cutoff else "")
    expected = []
    for topic, judged in qrels.items():
        ranked = sorted(run.get(topic, {}), key=run.get(topic, {}).__getitem__, reverse=True)
        grades = [judged.get(docid, 0) for docid in ranked[:cutoff]]
        expected.append((1 - p) * sum(p**i for i, grade in enumerate(grades) if grade >= rel))
    assert ours(text, run, qrels) == pytest.approx(expected, rel=1e-12)


def test_err_refuses_grades_that_it_is_not_defined_for() -> None:
    with pytest.raises(EvaluationError, match=r"ERR is defined for grades up to 4, .* hold 5"):
        ours("ERR@20", {"q": {"a": 1.0}}, {"q": {"a": 5}})
