"""Gather what a report shows: read the compared runs once more, one at a time, and the corpora."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from arir.compare import Collection, Comparison
from arir.data.collection import Passage, read_collection
from arir.data.runs import read_run
from arir.errors import ConfigError
from arir.progress import progress
from arir.report.data import Observation, Report, Seen, relevant_from, widest_first
from arir.report.details import listed_relevant
from arir.report.observe import observe

__all__ = ["gather"]

#: topics whose rankings are kept; the size of the page may leave room for fewer
MAX_TOPICS = 1000


def gather(comparison: Comparison, corpora: Sequence[Path] = ()) -> Report:
    """Read what the report of a comparison needs.

    Args:
        corpora: none, one for all collections, or one for each in their order.

    Raises:
        ConfigError: for another number of corpora.
        DataError: for an unusable run or corpus.
    """
    collections = comparison.collections
    if len(corpora) not in {0, 1, len(collections)}:
        names = ", ".join(collection.name for collection in collections)
        raise ConfigError(
            f"{len(corpora)} corpora for {len(collections)} collections",
            fix=f"give one for all, or one for each of {names}",
        )
    paths: Sequence[Path | None] = [*corpora] or [None]
    if len(paths) == 1:
        paths = [*paths] * len(collections)
    seen = [_see(one, comparison, path) for one, path in zip(collections, paths, strict=True)]
    return Report(_title(comparison), comparison, tuple(seen))


def _title(comparison: Comparison) -> str:
    names = [collection.name for collection in comparison.collections]
    on = names[0] if len(names) == 1 else f"{len(names)} collections"
    if len(comparison.letters) == 1:
        return f"{next(iter(comparison.letters))} on {on}"
    return f"{len(comparison.letters)} systems on {on}"


def _see(collection: Collection, comparison: Comparison, corpus: Path | None) -> Seen:
    measure = comparison.design.measures[0]
    lowest = relevant_from(measure)
    shown = [
        collection.topic_ids[at] for at in widest_first(collection.matrix(measure))[:MAX_TOPICS]
    ]
    runs = tuple(
        observe(read_run(system.path), collection.qrels, shown, lowest)
        for system in progress(collection.systems, "reading rankings", unit="run")
    )
    if corpus is None:
        return Seen(runs)
    return Seen(runs, _passages(corpus, _wanted(runs, shown, collection, lowest)))


def _wanted(
    runs: Iterable[Observation], shown: Sequence[str], collection: Collection, lowest: int
) -> set[str]:
    ranked = {
        hit.docid for run in runs for ranking in run.rankings.values() for hit in ranking.hits
    }
    relevant = (listed_relevant(collection.qrels.get(topic, {}), lowest) for topic in shown)
    return ranked.union(*relevant)


def _passages(corpus: Path, wanted: set[str]) -> dict[str, Passage]:
    """The wanted passages that the corpus has; a text that is not there is no error here."""
    found: dict[str, Passage] = {}
    for passage in progress(read_collection(corpus), f"reading {corpus.name}", unit="passage"):
        if passage.id in wanted:
            found[passage.id] = passage
            if len(found) == len(wanted):
                break
    return found
