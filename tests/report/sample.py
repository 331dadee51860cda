"""Three simple systems on the embedded collection: real rankings of real Arabic texts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from arir.artefacts import Provenance, write_provenance
from arir.compare import Collection, CompareConfig, compare
from arir.data.collection import Passage, read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import Run, write_run
from arir.data.topics import read_topics
from arir.report.data import Report, leaders
from arir.report.gather import gather
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


def sample_report(
    folder: Path, *, title: str = "", collections: int = 1, **settings: Any
) -> Report:
    """Write the runs, compare them, and gather what a report shows.

    With two collections the second has half of the topics.
    """
    qrels = read_qrels(sample_path("qrels.test.txt"))
    paths = []
    for number in range(collections):
        kept = {t: g for t, g in qrels.items() if number == 0 or t.startswith("qa")}
        judged = folder / f"qrels.{'ab'[number]}.txt"
        judged.write_text(
            "".join(f"{t} 0 {d} {g}\n" for t, gs in kept.items() for d, g in gs.items())
        )
        for run in sample_runs():
            path = folder / "ab"[number] / f"{run.tag}.trec"
            write_run(path, run)
            provenance = Provenance(run.tag, {}, inputs={"qrels": judged})
            write_provenance(path, provenance)
            paths.append(path)
    config = CompareConfig(
        runs=tuple(paths),
        measure=MEASURES,
        topics=(sample_path("topics.test.ar.tsv"),),
        permutations=999,
        **settings,
    )
    report = gather(compare(config), [sample_path("corpus.ar.jsonl")])
    return replace(report, title=title or report.title)


def first(report: Report) -> Collection:
    """The first collection."""
    return report.comparison.collections[0]


def changed(report: Report, seen: dict[str, Any] | None = None, **changes: Any) -> Report:
    """The report with another first collection, and other things seen of it."""
    collections = (replace(first(report), **changes), *report.comparison.collections[1:])
    comparison = replace(report.comparison, collections=collections)
    others = (replace(report.seen[0], **(seen or {})), *report.seen[1:])
    return replace(report, comparison=comparison, seen=others)


def renamed(report: Report, names: dict[str, str]) -> Report:
    """The report of one collection with other names for its systems."""
    collection = first(report)
    other = changed(
        report,
        systems=tuple(replace(s, name=names[s.name]) for s in collection.systems),
        pairs=tuple(
            replace(
                pair,
                first=names[pair.first],
                second=names[pair.second],
                better=None if pair.better is None else names[pair.better],
            )
            for pair in collection.pairs
        ),
    )
    letters = {names[name]: letter for name, letter in report.comparison.letters.items()}
    return replace(other, comparison=replace(other.comparison, letters=letters))


def gaps(report: Report) -> list[str]:
    """Topic ids, largest gain of the leading system over the second first."""
    values = first(report).matrix(MEASURES[0])
    a, b = leaders(first(report), MEASURES[0], None)
    return [first(report).topic_ids[at] for at in np.argsort(values[b] - values[a], kind="stable")]
