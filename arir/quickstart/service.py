"""``arir quickstart``: run every step of a part, then compare the runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from arir.compare import CompareConfig, Comparison, compare
from arir.config import as_command
from arir.quickstart.config import QuickstartConfig
from arir.quickstart.examples import Example, cross_lingual, most_varied
from arir.quickstart.parts import ENGLISH, Part, parts
from arir.quickstart.places import Places, prepare

__all__ = ["Findings", "QuickstartReport", "files", "quickstart"]

MEASURES = ("nDCG@10", "RR@10", "R@100")
BASELINE = "bm25"


@dataclass(frozen=True)
class Findings:
    """What came out of a part.

    Attributes:
        comparison: of all runs so far under the judgments of the test queries.
        command: the comparison as one could type it.
        examples: single queries with the passages that were found for them.
    """

    comparison: Comparison
    command: str
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class QuickstartReport:
    """What the quickstart made.

    Attributes:
        findings: of each part, in order.
        seconds: wall-clock time, all steps together.
    """

    places: Places
    findings: tuple[Findings, ...]
    seconds: float

    @property
    def comparison(self) -> Comparison:
        """The comparison of all runs."""
        return self.findings[-1].comparison


def quickstart(
    config: QuickstartConfig,
    say: Callable[[str], None] = lambda _: None,
    show: Callable[[Findings], None] = lambda _: None,
) -> QuickstartReport:
    """Run the whole chain on the embedded collection.

    Args:
        config: where to put everything, what to run, and the seed of the students.
        say: is told each step, its command and what came of it, a line at a time.
        show: is given what came out of a part before the next one begins.

    Raises:
        OutputError: where the folder holds files of another origin, or cannot be written.
        DependencyError: where Java is missing.
        ModelError: where a shipped student is missing or incomplete.
    """
    begin = time.perf_counter()
    places = prepare(config.output)
    findings = []
    for part in parts(config):
        _take_steps(part, places, config, say)
        findings.append(_findings(part, places))
        show(findings[-1])
    return QuickstartReport(places, tuple(findings), time.perf_counter() - begin)


def _take_steps(
    part: Part, places: Places, config: QuickstartConfig, say: Callable[[str], None]
) -> None:
    say(f"{part.title}\n")
    for step in part.steps(places, config):
        say(f"{step.title}\n  $ {step.command}")
        start = time.perf_counter()
        result = step.function(step.config)
        say(f"  {step.summary(result)}, {time.perf_counter() - start:.1f} s")


def _findings(part: Part, places: Places) -> Findings:
    settings = CompareConfig(
        runs=tuple(places.run(name) for name in part.runs), measure=MEASURES, baseline=BASELINE
    )
    examples: list[Example] = []
    if part.examples:
        varied = most_varied(places, [name for name in part.runs if name != ENGLISH])
        examples += [varied] if varied is not None else []
        examples.append(cross_lingual(places, ENGLISH))
    return Findings(compare(settings), as_command("compare", settings), tuple(examples))


def files(places: Places) -> list[tuple[Path, str]]:
    """Where everything lies, for the end of the command."""
    meanings = {
        places.collection(""): "the collection: passages, topics, judgments, teacher scores",
        places.root / "recipes": "the live students' settings, for arir train",
        places.root / "models": "the live students: sentence-transformers folders",
        places.root / "indexes": "a Lucene index and FAISS indexes; Pyserini opens them",
        places.root / "runs": "TREC runs, each with a side file that says how it was made",
    }
    return [(path, meaning) for path, meaning in meanings.items() if path.exists()]
