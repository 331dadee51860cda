"""``arir quickstart``: run every step, then compare the runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arir.compare import CompareConfig, Comparison, compare
from arir.config import as_command
from arir.data.collection import read_passages
from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run
from arir.data.topics import read_topics
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.places import Places, prepare
from arir.quickstart.steps import RUNS, steps

__all__ = ["Answer", "Example", "QuickstartReport", "quickstart"]

MEASURES = ("nDCG@10", "RR@10", "R@100")


@dataclass(frozen=True)
class Answer:
    """The first passage that a system ranks for a query.

    Attributes:
        grade: its judgment; ``None`` where it is not judged.
    """

    system: str
    docid: str
    title: str
    grade: int | None


@dataclass(frozen=True)
class Example:
    """One query with the first answer of each system."""

    topic: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class QuickstartReport:
    """What the quickstart made.

    Attributes:
        comparison: of all runs under the judgments of the test queries.
        command: the comparison as one could type it.
        examples: the test query on which the systems' first answers differ most, if there is one.
        seconds: wall-clock time, all steps together.
    """

    places: Places
    comparison: Comparison
    command: str
    examples: tuple[Example, ...]
    seconds: float


def quickstart(
    config: QuickstartConfig, say: Callable[[str], None] = lambda _: None
) -> QuickstartReport:
    """Run the whole chain on the embedded collection.

    Args:
        config: where to put everything, and the seed of the students.
        say: is told each step, its command and what came of it, a line at a time.

    Raises:
        OutputError: where the folder holds files of another origin, or cannot be written.
        DependencyError: where Java is missing.
    """
    begin = time.perf_counter()
    places = prepare(config.output)
    for step in steps(places, config):
        say(f"{step.title}\n  $ {step.command}")
        start = time.perf_counter()
        result = step.function(step.config)
        say(f"  {step.summary(result)}, {time.perf_counter() - start:.1f} s")
    settings = CompareConfig(
        runs=tuple(places.run(name) for name in RUNS), measure=MEASURES, baseline="bm25"
    )
    comparison = compare(settings)
    return QuickstartReport(
        places=places,
        comparison=comparison,
        command=as_command("compare", settings),
        examples=_examples(places),
        seconds=time.perf_counter() - begin,
    )


def _examples(places: Places) -> tuple[Example, ...]:
    """The query whose first answers are the most different passages; the first such one."""
    runs = {name: _first_hits(read_run(places.run(name))) for name in RUNS}
    topics = read_topics(places.topics)
    variety = {
        topic: len({hits[topic] for hits in runs.values() if topic in hits}) for topic in topics
    }
    chosen = max(topics, key=lambda topic: variety[topic])
    return (_example(places, chosen, topics[chosen], runs),) if variety[chosen] > 1 else ()


def _first_hits(run: Run) -> dict[str, str]:
    return {topic: hits[0].docid for topic, hits in run.rankings()}


def _example(places: Places, topic: str, text: str, runs: dict[str, dict[str, str]]) -> Example:
    passages = read_passages(places.corpus)
    grades = read_qrels(places.qrels)[topic]
    answers = [
        Answer(name, hits[topic], passages[hits[topic]].title, grades.get(hits[topic]))
        for name, hits in runs.items()
        if topic in hits
    ]
    return Example(topic, text, tuple(answers))


def files(places: Places) -> list[tuple[Path, str]]:
    """Where everything lies, for the end of the command."""
    return [
        (places.collection(""), "the collection: passages, topics, judgments, teacher scores"),
        (places.root / "recipes", "the students' settings, for arir train"),
        (places.root / "models", "the students: sentence-transformers folders"),
        (places.root / "indexes", "a Lucene and two FAISS indexes; Pyserini opens them"),
        (places.root / "runs", "TREC runs, each with a side file that says how it was made"),
    ]
