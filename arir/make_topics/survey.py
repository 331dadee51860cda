"""Which passages each kind of query is made from."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from arir.augment.code_switch import text_rng
from arir.data.collection import read_collection
from arir.data.lines import numbered_lines
from arir.errors import DataError
from arir.make_topics.config import Kind, MakeTopicsConfig
from arir.make_topics.query import TitledPassage, titled
from arir.progress import progress
from arir.split.windows import PASSAGE_SEPARATOR
from arir.text.lucene import lucene

__all__ = ["Survey", "survey", "titled_passages"]


@dataclass(frozen=True)
class Survey:
    """What a first pass over the collection finds.

    Attributes:
        chosen: the ids of the passages that each kind takes.
        passages: in the collection.
        untitled: of them, those without a title.
        left_out: of them, those whose title the settings leave out.
        unmatched: the titles to leave out that no passage has, by their file.
    """

    chosen: Mapping[Kind, frozenset[str]]
    passages: int
    untitled: int
    left_out: int
    unmatched: Mapping[Path, tuple[str, ...]]


def titled_passages(config: MakeTopicsConfig, doing: str) -> Iterator[TitledPassage]:
    """The passages of the collection, taken apart, behind a bar."""
    name = f"{doing} {config.corpus.name}"
    for passage in progress(read_collection(config.corpus), name, unit="passage"):
        yield titled(passage, config.titles)


def survey(config: MakeTopicsConfig) -> Survey:
    """Find first passages and what is left out, and draw where the settings limit.

    Raises:
        DataError: for an unusable file, or where titles are needed and no passage has one.
    """
    unwanted = {path: _titles(path) for path in config.leave_out}
    folded = {title for titles in unwanted.values() for title in titles}
    ids: list[str] = []
    firsts: dict[str, tuple[int, int, str]] = {}
    met: set[str] = set()
    passages = untitled = 0
    for passage in titled_passages(config, "surveying"):
        passages += 1
        untitled += not passage.title
        title = lucene(passage.title)
        if title in folded:
            met.add(title)
            continue
        ids.append(passage.id)
        if passage.title:
            place = (_number(passage.id), passages, passage.id)
            firsts[passage.title] = min(place, firsts.get(passage.title, place))
    _check_titles(config, untitled == passages)
    of_kind = {"title": [first for _, _, first in firsts.values()]}
    chosen = {kind: _draw(of_kind.get(kind, ids), config) for kind in config.kind}
    unmatched = {
        path: tuple(text for title, text in titles.items() if title not in met)
        for path, titles in unwanted.items()
    }
    return Survey(chosen, passages, untitled, passages - len(ids), unmatched)


def _titles(path: Path) -> dict[str, str]:
    """The titles of a file as they are compared, and as they are written."""
    lines = (" ".join(line.split()) for _, line in numbered_lines(path))
    return {lucene(line): line for line in lines}


def _number(identifier: str) -> int:
    """The number of a passage within its article; 0 where the id tells none.

    >>> _number("7#12"), _number("d7")
    (12, 0)
    """
    _, _, number = identifier.rpartition(PASSAGE_SEPARATOR)
    return int(number) if number.isdecimal() and PASSAGE_SEPARATOR in identifier else 0


def _check_titles(config: MakeTopicsConfig, none: bool) -> None:
    fix = "see --titles first-line"
    if none and config.leave_out:
        what = "no passage has a title, so that --leave-out cannot tell what to leave out"
        raise DataError(what, where=config.corpus, fix=fix)
    if none and config.kind == ("title",):
        what = "no passage has a title to make a query of"
        raise DataError(what, where=config.corpus, fix=f"{fix}, or another --kind")


def _draw(ids: Iterable[str], config: MakeTopicsConfig) -> frozenset[str]:
    """Some of the ids, the same in whatever order they come."""
    if config.max_passages is None:
        return frozenset(ids)
    keyed = (
        (text_rng(config.seed, "passage", identifier).random(), identifier) for identifier in ids
    )
    return frozenset(identifier for _, identifier in heapq.nsmallest(config.max_passages, keyed))
