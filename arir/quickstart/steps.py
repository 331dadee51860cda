"""The steps of the quickstart: each is a command's configuration and the function behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.config import as_command, from_mapping, from_yaml, write_recipe
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.places import Places

__all__ = ["RUNS", "Step", "steps"]

#: the runs, in the order of the comparison
RUNS = ("bm25", "kd", "nokd", "hybrid", "rerank", "fuse")


@dataclass(frozen=True)
class Step:
    """One command of the chain.

    Attributes:
        title: what it is for.
        name: of the command.
        config: its settings.
        function: what the command calls.
        summary: one line about the function's result.
        recipe: the file of its settings, where they are too many to type.
    """

    title: str
    name: str
    config: Any
    function: Callable[[Any], Any]
    summary: Callable[[Any], str]
    recipe: Path | None = None

    @property
    def command(self) -> str:
        """The step as one could type it."""
        if self.recipe is not None:
            return f"arir {self.name} {self.recipe}"
        return as_command(self.name, self.config)


def steps(places: Places, settings: QuickstartConfig) -> Iterator[Step]:
    """Every step before the comparison, in order."""
    yield _index(places)
    yield _train(places, "kd", "teacher", settings)
    yield _train(places, "nokd", "hard", settings)
    yield _encode(places, "kd")
    yield _encode(places, "nokd")
    yield _search(places, "bm25", "BM25", indexes=("bm25",))
    yield _search(places, "kd", "The student alone", indexes=("kd",))
    yield _search(places, "nokd", "Its twin alone", indexes=("nokd",))
    yield _search(places, "hybrid", "BM25 and the student, hybrid", indexes=("bm25", "kd"))
    yield _rerank(places)
    yield _fuse(places)


def _index(places: Places) -> Step:
    from arir.index.bm25 import build_bm25
    from arir.index.bm25_config import IndexConfig

    return Step(
        "A BM25 index with the Arabic analyser",
        "index",
        IndexConfig(corpus=places.corpus, output=places.index("bm25")),
        build_bm25,
        lambda report: f"{report.passages} passages",
    )


def _train(places: Places, name: str, labels: str, wishes: QuickstartConfig) -> Step:
    from arir.train.config import TrainConfig
    from arir.train.service import train

    settings = from_yaml(Path(__file__).parent / "student.yaml") | {
        "teacher_scores": places.collection("teacher_scores.tsv"),
        "corpus": places.corpus,
        "topics": [places.collection(f"topics.{name}.ar.tsv") for name in ("train", "pseudo")],
        "output": places.model(name),
        "labels": labels,
        "seed": wishes.seed,
    }
    if wishes.steps is not None:
        settings["steps"] = wishes.steps
    config = from_mapping(TrainConfig, settings)
    write_recipe(places.recipe(name), config)
    titles = {
        "teacher": "A student, distilled from the scores of an English teacher",
        "hard": "Its twin: same triples and steps, no teacher",
    }
    return Step(
        titles[labels],
        "train",
        config,
        train,
        lambda report: f"{report.rows} {report.unit}, {report.steps} steps",
        places.recipe(name),
    )


def _encode(places: Places, name: str) -> Step:
    from arir.index.config import EncodeCorpusConfig
    from arir.index.dense import encode_corpus

    return Step(
        f"The collection, encoded by {name}",
        "encode-corpus",
        EncodeCorpusConfig(
            corpus=places.corpus, encoder=str(places.model(name)), output=places.index(name)
        ),
        encode_corpus,
        lambda report: f"{report.passages} passages, {report.dimension} dimensions",
    )


def _search(places: Places, name: str, title: str, indexes: tuple[str, ...]) -> Step:
    from arir.search.config import SearchConfig
    from arir.search.service import search_topics

    return Step(
        title,
        "search",
        SearchConfig(
            index=tuple(places.index(index) for index in indexes),
            topics=places.topics,
            output=places.run(name),
            hits=100,
            qrels=places.qrels,
        ),
        search_topics,
        lambda report: f"{report.hits} hits for {report.topics} topics",
    )


def _rerank(places: Places) -> Step:
    from arir.rerank.config import RerankConfig
    from arir.rerank.service import rerank_run

    return Step(
        "BM25, reranked by the student",
        "rerank",
        RerankConfig(
            run=places.run("bm25"),
            reranker=str(places.model("kd")),
            corpus=places.corpus,
            topics=places.topics,
            output=places.run("rerank"),
        ),
        rerank_run,
        lambda report: f"{report.scored} pairs scored",
    )


def _fuse(places: Places) -> Step:
    from arir.fuse.config import FuseConfig
    from arir.fuse.service import fuse_runs

    return Step(
        "BM25 and the student, fused by reciprocal rank",
        "fuse",
        FuseConfig(
            runs=(places.run("bm25"), places.run("kd")),
            method="rrf",
            output=places.run("fuse"),
            hits=100,
        ),
        fuse_runs,
        lambda report: f"{report.hits} hits for {report.topics} topics",
    )
