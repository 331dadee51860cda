"""Runs, qrels and values as trectools' own objects, built so that its reader cannot alter them.

trectools reads ids through pandas, which turns ``007`` into ``7`` and ``NA`` into a missing value;
from data frames of strings it takes them as they are. It uses pandas and prints to standard
output; :func:`quietly` keeps both its warnings and its remarks away from ours.
"""

from __future__ import annotations

import contextlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

import numpy as np
import pandas as pd
from trectools import TrecEval, TrecQrel, TrecRes, TrecRun, fusion

from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.errors import ConfigError
from arir.evaluate.measures import Measure
from arir.evaluate.ranking import single_precision

__all__ = [
    "FUSIONS",
    "compare_p",
    "fused",
    "own_mean",
    "own_values",
    "quietly",
    "run_of",
    "supported",
    "trec_qrel",
    "trec_res",
    "trec_run",
]

#: ``exact``: trec_eval's order (single precision, ties by docid descending); ``reader``: the order
#: that trectools gives a run that it reads itself (ties by docid ascending)
Order = Literal["exact", "reader"]
#: deeper than any run: trectools has no measure without a depth
EVERYTHING = 10**7

MEASURES: dict[str, Callable[[Any, int, bool], Any]] = {
    "nDCG": lambda e, k, each: e.get_ndcg(depth=k, per_query=each),
    "AP": lambda e, k, each: e.get_map(depth=k, per_query=each),
    "RR": lambda e, k, each: e.get_reciprocal_rank(depth=k, per_query=each),
    "P": lambda e, k, each: e.get_precision(depth=k, per_query=each),
    "R": lambda e, k, each: e.get_recall(depth=k, per_query=each),
    "Bpref": lambda e, k, each: e.get_bpref(depth=k, per_query=each),
}
FUSIONS: dict[str, Callable[[list[Any]], Any]] = {
    "rrf": lambda runs: fusion.reciprocal_rank_fusion(runs, max_docs=1000),
    "combsum": lambda runs: fusion.combos(runs, strategy="sum", max_docs=1000),
    "combmnz": lambda runs: fusion.combos(runs, strategy="mnz", max_docs=1000),
}


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Silence what trectools prints, and the pandas warnings that it provokes."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def supported(measure: Measure) -> bool:
    """Whether trectools has the measure, with our parameters but for the cut-off.

    >>> from arir.evaluate import parse_measure
    >>> supported(parse_measure("nDCG@10")), supported(parse_measure("ERR@20"))
    (True, False)
    """
    given = {key for key, _ in measure.given}
    return measure.name in MEASURES and given <= {"cutoff"}


def trec_run(run: Run, order: Order = "exact") -> Any:
    """A TrecRun with string ids, sorted."""
    scores = run.scores if order == "reader" else single_precision(run.scores).astype(np.float64)
    frame = pd.DataFrame(
        {
            "query": np.repeat(np.array(run.topic_ids, dtype=object), np.diff(run.offsets)),
            "q0": "Q0",
            "docid": run.docids,
            "rank": 0,
            "score": scores,
            "system": run.tag,
        }
    )
    ascending = [True, False, order == "reader"]
    frame = frame.sort_values(["query", "score", "docid"], ascending=ascending, ignore_index=True)
    frame["rank"] = frame.groupby("query").cumcount() + 1
    made = TrecRun()
    made.load_run_from_dataframe(frame)
    return made


def run_of(trec: Any, tag: str) -> Run:
    """A TrecRun back as a run."""
    rankings = {
        str(topic): list(zip(hits["docid"], hits["score"].astype(float), strict=True))
        for topic, hits in trec.run_data.groupby("query", sort=False)
    }
    return Run.from_rankings(rankings, tag)


def trec_qrel(qrels: Qrels) -> Any:
    """A TrecQrel with string ids; grades below 0 are left out, as its reader does."""
    rows = [
        (topic, "0", docid, grade)
        for topic, judged in qrels.items()
        for docid, grade in judged.items()
        if grade >= 0
    ]
    made = TrecQrel()
    made.qrels_data = pd.DataFrame(rows, columns=["query", "q0", "docid", "rel"])
    return made


def own_values(run: Any, qrels: Any, measure: Measure) -> dict[str, float]:
    """What trectools computes for each topic; topics that it leaves out, or calls NaN, lack."""
    frame = _evaluated(run, qrels, measure, each=True)
    values = zip(frame.index, frame.iloc[:, 0], strict=True)
    return {str(topic): float(value) for topic, value in values if not math.isnan(value)}


def own_mean(run: Any, qrels: Any, measure: Measure) -> float:
    """What trectools reports as the measure of the run."""
    return float(_evaluated(run, qrels, measure, each=False))


def _evaluated(run: Any, qrels: Any, measure: Measure, *, each: bool) -> Any:
    if not supported(measure):
        known = ", ".join(MEASURES)
        raise ConfigError(f"trectools has no measure {measure}", fix=f"choose among {known}")
    depth = measure.parameters.get("cutoff") or EVERYTHING
    with quietly():
        return MEASURES[measure.name](TrecEval(run, qrels), depth, each)


def trec_res(name: str, values: Mapping[str, Mapping[str, float]]) -> Any:
    """A TrecRes: measure to topic to value."""
    rows = [
        (measure, topic, value)
        for measure, by_topic in values.items()
        for topic, value in by_topic.items()
    ]
    made = TrecRes()
    made.data = pd.DataFrame(rows, columns=["metric", "query", "value"])
    made.runid = name
    return made


def compare_p(first: Any, second: Any, measure: str) -> float:
    """The p-value of ``TrecRes.compare_with``; NaN where it has none."""
    with quietly():
        return float(first.compare_with(second, metric=measure).pvalue)


def fused(runs: list[Any], method: str) -> Any:
    """Fuse TrecRuns by trectools' own method."""
    with quietly():
        return FUSIONS[method](runs)
