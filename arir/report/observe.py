"""What the report needs of a run beyond its measures: first ranks, a curve, the spread of scores."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from arir.data.qrels import Qrels
from arir.data.runs import Hit, Run
from arir.evaluate import measure_run, parse_measures
from arir.report.data import DEPTH, RECALL_LEVELS, Floats, ScoreDistribution, TopicRanking

__all__ = ["BINS", "Observation", "observe"]

#: bars of a histogram of scores
BINS = 40


@dataclass(frozen=True)
class Observation:
    """What was seen of one run.

    Attributes:
        rankings: topic id to ranking, for the topics that were asked for and no others.
        curve: shape (11,), interpolated precision at the recall levels, mean over the topics.
        scores: over all hits of the topics.
    """

    rankings: dict[str, TopicRanking]
    curve: Floats
    scores: ScoreDistribution


def observe(
    run: Run, qrels: Qrels, topics: Sequence[str], shown: Collection[str], relevant_from: int = 1
) -> Observation:
    """Look at a run over ``topics``; keep the rankings of the topics in ``shown``.

    Args:
        topics: judged topics; those that the run lacks count as nothing retrieved.
        relevant_from: the lowest grade that counts as relevant.
    """
    positions = {topic: at for at, topic in enumerate(run.topic_ids)}
    rankings = {topic: TopicRanking(hits=()) for topic in shown}
    everything: list[Floats] = []
    found: list[float] = []
    for topic in topics:
        if topic not in positions:
            continue
        at = positions[topic]
        relevant = {docid for docid, grade in qrels[topic].items() if grade >= relevant_from}
        start, stop = int(run.offsets[at]), int(run.offsets[at + 1])
        scores = run.scores[start:stop]
        everything.append(scores)
        ids = run.ids_between(start, stop)
        found += [float(scores[i]) for i, docid in enumerate(ids) if docid in relevant]
        if topic in rankings:
            rankings[topic] = _ranking(run.hits(at), relevant)
    scores = np.concatenate(everything) if everything else np.zeros(0)
    return Observation(
        rankings, _curve(run, qrels, topics, relevant_from), distribution(scores, np.array(found))
    )


def _ranking(hits: list[Hit], relevant: Collection[str]) -> TopicRanking:
    """In the order of trec_eval: by score in single precision, then docid, both descending."""
    with np.errstate(over="ignore"):
        order = sorted(hits, key=lambda hit: (np.float32(hit.score), hit.docid), reverse=True)
    ranks = {hit.docid: rank for rank, hit in enumerate(order, 1) if hit.docid in relevant}
    return TopicRanking(hits=tuple(order[:DEPTH]), ranks=ranks)


def _curve(run: Run, qrels: Qrels, topics: Sequence[str], relevant_from: int) -> Floats:
    rel = f"(rel={relevant_from})" if relevant_from != 1 else ""
    measures = parse_measures(f"IPrec{rel}@{level}" for level in RECALL_LEVELS)
    measured = measure_run(run, {topic: qrels[topic] for topic in topics}, measures)
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
