"""What a step of the quickstart can be: a command's configuration and the function behind it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from arir.config import as_command, from_mapping, from_yaml, write_recipe
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.places import Places

__all__ = ["DEPTH", "Step", "encode", "fuse", "index", "rerank", "search", "train"]

#: hits a topic of every run
DEPTH = 100


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


def index(places: Places) -> Step:
    """Build the BM25 index."""
    from arir.index.bm25 import build_bm25
    from arir.index.bm25_config import IndexConfig

    return Step(
        "A BM25 index with the Arabic analyser",
        "index",
        IndexConfig(corpus=places.corpus, output=places.index("bm25")),
        build_bm25,
        lambda report: f"{report.passages} passages",
    )


def train(
    places: Places,
    name: str,
    title: str,
    labels: Literal["teacher", "hard"],
    wishes: QuickstartConfig,
) -> Step:
    """Train a student; its settings are written as a recipe first."""
    from arir.train.config import TrainConfig
    from arir.train.service import train as train_student

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
    return Step(
        title,
        "train",
        config,
        train_student,
        lambda report: f"{report.rows} {report.unit}, {report.steps} steps",
        places.recipe(name),
    )


def encode(places: Places, name: str, encoder: str) -> Step:
    """Encode the Arabic passages into the index ``name``."""
    from arir.index.config import EncodeCorpusConfig
    from arir.index.dense import encode_corpus

    return Step(
        f"The collection, encoded by {name}",
        "encode-corpus",
        EncodeCorpusConfig(corpus=places.corpus, encoder=encoder, output=places.index(name)),
        encode_corpus,
        lambda report: f"{report.passages} passages, {report.dimension} dimensions",
    )


def search(places: Places, run: str, title: str, *indexes: str, language: str = "ar") -> Step:
    """Search the test queries of a language; two indexes make it hybrid."""
    from arir.search.config import SearchConfig
    from arir.search.service import search_topics

    return Step(
        title,
        "search",
        SearchConfig(
            index=tuple(places.index(name) for name in indexes),
            topics=places.topics(language),
            output=places.run(run),
            hits=DEPTH,
            qrels=places.qrels,
        ),
        search_topics,
        lambda report: f"{report.hits} hits for {report.topics} topics",
    )


def rerank(places: Places, reranker: str, title: str) -> Step:
    """Rerank the BM25 run into a run of the reranker's name."""
    from arir.rerank.config import RerankConfig
    from arir.rerank.service import rerank_run

    return Step(
        title,
        "rerank",
        RerankConfig(
            run=places.run("bm25"),
            reranker=reranker,
            corpus=places.corpus,
            topics=places.topics("ar"),
            output=places.run(reranker),
            depth=DEPTH,
        ),
        rerank_run,
        lambda report: f"{report.scored} pairs scored",
    )


def fuse(places: Places, name: str, title: str, *runs: str) -> Step:
    """Fuse runs by reciprocal rank."""
    from arir.fuse.config import FuseConfig
    from arir.fuse.service import fuse_runs

    return Step(
        title,
        "fuse",
        FuseConfig(
            runs=tuple(places.run(run) for run in runs),
            method="rrf",
            output=places.run(name),
            hits=DEPTH,
        ),
        fuse_runs,
        lambda report: f"{report.hits} hits for {report.topics} topics",
    )
