"""The two parts of the quickstart: which steps they take, and which runs are compared then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from arir.quickstart.config import QuickstartConfig
from arir.quickstart.places import Places
from arir.quickstart.steps import Step, encode, fuse, index, rerank, search, train
from arir.students.find import ENCODER, RERANKER

__all__ = ["ENGLISH", "LIVE", "SHIPPED", "Part", "parts"]

#: the run of the English questions on the Arabic passages
ENGLISH = f"{ENCODER}-en"
#: the runs that need no training, in the order of the comparison
SHIPPED = ("bm25", ENCODER, ENGLISH, "hybrid", "fuse", RERANKER)
#: the runs of the student that is trained on the spot, and of its twin
LIVE = ("live-kd", "live-nokd")


@dataclass(frozen=True)
class Part:
    """Some steps with a comparison at their end.

    Attributes:
        runs: what is compared, earlier parts' runs included.
        examples: whether single queries are shown, too.
    """

    title: str
    steps: Callable[[Places, QuickstartConfig], Iterator[Step]]
    runs: tuple[str, ...]
    examples: bool


def parts(config: QuickstartConfig) -> list[Part]:
    """The parts that the settings ask for, in order."""
    shipped = Part("With the students that ship with arir", _shipped_steps, SHIPPED, examples=True)
    live = Part("A student distilled live", _live_steps, (*SHIPPED, *LIVE), examples=False)
    return [shipped, live] if config.live else [shipped]


def _shipped_steps(places: Places, config: QuickstartConfig) -> Iterator[Step]:  # noqa: ARG001
    yield index(places)
    yield encode(places, ENCODER, ENCODER)
    yield search(places, "bm25", "BM25", "bm25")
    yield search(places, ENCODER, f"{ENCODER} alone", ENCODER)
    english = f"{ENCODER} on the Arabic passages, asked in English"
    yield search(places, ENGLISH, english, ENCODER, language="en")
    yield search(places, "hybrid", f"BM25 and {ENCODER}, hybrid", "bm25", ENCODER)
    yield fuse(places, "fuse", f"BM25 and {ENCODER}, fused by reciprocal rank", "bm25", ENCODER)
    yield rerank(places, RERANKER, f"BM25, reranked by {RERANKER}")


def _live_steps(places: Places, config: QuickstartConfig) -> Iterator[Step]:
    student, twin = LIVE
    title = "A student from random weights, distilled from the scores of an English teacher"
    yield train(places, student, title, "teacher", config)
    yield train(places, twin, "Its twin: same triples and steps, no teacher", "hard", config)
    for name, title in ((student, "The student alone"), (twin, "Its twin alone")):
        yield encode(places, name, str(places.model(name)))
        yield search(places, name, title, name)
