"""Three simple systems on the embedded collection: real rankings of real Arabic texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import combinations

import numpy as np
from scipy import stats

from arir.data.collection import Passage, read_passages
from arir.data.qrels import Qrels, read_qrels
from arir.data.runs import Run
from arir.data.topics import read_topics
from arir.evaluate import measure_run, parse_measures
from arir.report.data import Estimate, Pair, ReportData, System, Topic
from arir.report.observe import observe
from arir.sample import sample_path

MEASURES = ("nDCG@10", "AP", "RR@10", "P@5")
Terms = Callable[[str], Iterable[str]]


def words(text: str) -> list[str]:
    return text.split()


def trigrams(text: str) -> list[str]:
    return [text[i : i + 3] for i in range(len(text) - 2)]


def prefixes(text: str) -> list[str]:
    return [word.removeprefix("ال")[:4] for word in text.split()]


def rank(terms: Terms, passages: dict[str, Passage], topics: dict[str, str], tag: str) -> Run:
    """Rank by the summed idf of the terms that query and passage share, 30 hits a topic."""
    bags = {docid: Counter(terms(passage.text)) for docid, passage in passages.items()}
    frequency = Counter(term for bag in bags.values() for term in bag)
    idf = {term: math.log(len(bags) / n) for term, n in frequency.items()}
    rankings = {}
    for topic, text in topics.items():
        query = set(terms(text))
        scored = [(d, sum(idf[t] for t in query & bag.keys())) for d, bag in bags.items()]
        best = sorted(scored, key=lambda hit: (-hit[1], hit[0]))[:30]
        rankings[topic] = [(docid, score) for docid, score in best if score > 0]
    return Run.from_rankings(rankings, tag)


def sample_runs() -> list[Run]:
    passages = read_passages(sample_path("corpus.ar.jsonl"))
    topics = read_topics(sample_path("topics.test.ar.tsv"))
    systems = {"words": words, "character-trigrams": trigrams, "stems": prefixes}
    return [rank(terms, passages, topics, tag) for tag, terms in systems.items()]


def sample_report() -> ReportData:
    return report_of(
        sample_runs(),
        read_qrels(sample_path("qrels.test.txt")),
        read_topics(sample_path("topics.test.ar.tsv")),
        read_passages(sample_path("corpus.ar.jsonl")),
    )


def report_of(
    runs: list[Run], qrels: Qrels, topics: dict[str, str], passages: dict[str, Passage]
) -> ReportData:
    measured = [measure_run(run, qrels, parse_measures(MEASURES)) for run in runs]
    values = np.array([[m.values[name] for name in MEASURES] for m in measured]).transpose(0, 2, 1)
    seen = [observe(run, qrels, list(qrels), set(qrels)) for run in runs]
    pairs = [
        pair(values[a, :, m], values[b, :, m], a, b, name)
        for m, name in enumerate(MEASURES)
        for a, b in combinations(range(len(runs)), 2)
    ]
    letters = "abcdefghijklmnopqrstuvwxyz"
    return ReportData(
        title="Sample collection, Arabic test topics",
        collection="qrels.test.txt",
        settings=(
            ("test", "paired t-test"),
            ("sides", "two"),
            ("alpha", "0.05"),
            ("correction", "Bonferroni over 3 pairs"),
        ),
        warnings=("1 topic is missing from words and counts as 0: qa131",),
        measures=MEASURES,
        systems=tuple(
            System(
                run.tag,
                letters[at],
                {n: estimate(values[at, :, m]) for m, n in enumerate(MEASURES)},
                {n: " ".join(beaten(pairs, at, n, letters)) for n in MEASURES},
            )
            for at, run in enumerate(runs)
        ),
        pairs=tuple(pairs),
        topics=tuple(Topic(topic, topics[topic]) for topic in measured[0].topic_ids),
        values=values,
        rankings=tuple(one.rankings for one in seen),
        qrels=qrels,
        curves=np.array([one.curve for one in seen]),
        scores=tuple(one.scores for one in seen),
        passages=passages,
        effect="Hedges g",
    )


def beaten(pairs: list[Pair], system: int, measure: str, letters: str) -> list[str]:
    here = [p for p in pairs if p.measure == measure and p.significant]
    first = [letters[p.second] for p in here if p.first == system and p.difference.value > 0]
    second = [letters[p.first] for p in here if p.second == system and p.difference.value < 0]
    return sorted(first + second)


def estimate(values: np.ndarray, scale: float = 1.0) -> Estimate:
    half = 1.96 * values.std(ddof=1) / math.sqrt(len(values))
    mean = values.mean()
    return Estimate(mean / scale, (mean - half) / scale, (mean + half) / scale)


def pair(first: np.ndarray, second: np.ndarray, a: int, b: int, measure: str) -> Pair:
    gap = first - second
    p = float(stats.ttest_rel(first, second).pvalue)
    corrected = min(1.0, 3 * p)
    wins, losses = int((gap > 0).sum()), int((gap < 0).sum())
    return Pair(
        first=a,
        second=b,
        measure=measure,
        difference=estimate(gap),
        p=p,
        corrected_p=corrected,
        significant=corrected < 0.05,
        effect=estimate(gap, float(gap.std(ddof=1))),
        wins=wins,
        ties=len(gap) - wins - losses,
        losses=losses,
    )
