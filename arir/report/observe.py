"""Look at runs for what the report needs beyond their measures."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from arir.data.qrels import Qrels
from arir.data.runs import Hit, Run
from arir.evaluate import measure_run, parse_measures
from arir.evaluate.ranking import single_precision
from arir.report.data import (
    DEPTH,
    RECALL_LEVELS,
    Floats,
    Observation,
    ScoreDistribution,
    TopicRanking,
)

__all__ = ["BINS", "distribution", "observe"]

#: bars of a histogram of scores
BINS = 40


def observe(run: Run, qrels: Qrels, shown: Collection[str], relevant_from: int = 1) -> Observation:
    """Look at a run over all topics of the qrels; keep the rankings of the topics in ``shown``.

    Args:
        relevant_from: the lowest grade that counts as relevant.
    """
    rankings = {topic: TopicRanking(hits=()) for topic in shown}
    everything: list[Floats] = [np.zeros(0)]
    found: list[float] = []
    for at, topic in enumerate(run.topic_ids):
        if topic not in qrels:
            continue
        relevant = {docid for docid, grade in qrels[topic].items() if grade >= relevant_from}
        start, stop = int(run.offsets[at]), int(run.offsets[at + 1])
        ids, scores = run.ids_between(start, stop), run.scores[start:stop]
        everything.append(scores)
        found += [float(scores[i]) for i, docid in enumerate(ids) if docid in relevant]
        if topic in rankings:
            rankings[topic] = _ranking(ids, scores, relevant)
    spread = distribution(np.concatenate(everything), np.array(found))
    return Observation(rankings, _curve(run, qrels, relevant_from), spread)


def _ranking(ids: Sequence[str], scores: Floats, relevant: Collection[str]) -> TopicRanking:
    """In trec_eval's order: by score in single precision, then docid, both descending."""
    keys = single_precision(scores).tolist()
    order = sorted(range(len(ids)), key=lambda at: (keys[at], ids[at]), reverse=True)
    ranks = {ids[at]: rank for rank, at in enumerate(order, 1) if ids[at] in relevant}
    return TopicRanking(tuple(Hit(ids[at], float(scores[at])) for at in order[:DEPTH]), ranks)


def _curve(run: Run, qrels: Qrels, relevant_from: int) -> Floats:
    rel = f"(rel={relevant_from})" if relevant_from != 1 else ""
    measures = parse_measures(f"IPrec{rel}@{level}" for level in RECALL_LEVELS)
    measured = measure_run(run, qrels, measures)
    return np.array([measured.values[str(measure)].mean() for measure in measures])


def distribution(scores: Floats, relevant: Floats, bins: int = BINS) -> ScoreDistribution:
    """Count scores in bins of equal width from the lowest to the highest.

    Args:
        scores: shape (H,), of all hits; finite.
        relevant: shape (R,), those of the relevant hits among them.

    >>> distribution(np.array([0.0, 1.0, 1.0, 2.0]), np.array([2.0]), bins=2).other.tolist()
    [1, 2]
    """
    edges = np.histogram_bin_edges(scores, bins)
    hits, _ = np.histogram(relevant, edges)
    everything, _ = np.histogram(scores, edges)
    return ScoreDistribution(edges, hits.astype(np.int64), (everything - hits).astype(np.int64))
