"""``arir make-topics``: survey a collection, make queries of its passages, write both."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from arir.artefacts import Manifest, atomic_directory, describe_input
from arir.artefacts.atomic import refuse_existing
from arir.artefacts.manifest import write_manifest
from arir.augment.code_switch import text_rng
from arir.config import to_dict
from arir.data.collection import Passage
from arir.errors import DataError
from arir.make_topics.config import MakeTopicsConfig
from arir.make_topics.cuts import cut
from arir.make_topics.kinds import KINDS
from arir.make_topics.query import Query, TitledPassage
from arir.make_topics.survey import Survey, survey, titled_passages
from arir.text.lucene import lucene

__all__ = ["MakeTopicsReport", "TopicCounts", "make_topics"]

FILES = ("topics.tsv", "qrels.txt", "corpus.jsonl")


@dataclass
class TopicCounts:
    """What was made of a collection.

    Attributes:
        topics: written, by kind.
        passages: written, each relevant to a topic or more.
        removed: topics whose text was taken out of their passage.
        repeated: queries not written since an earlier one has the same text.
        left_out: passages of articles that the settings leave out.
        untitled: passages without a title.
    """

    topics: dict[str, int] = field(default_factory=dict)
    passages: int = 0
    removed: int = 0
    repeated: int = 0
    left_out: int = 0
    untitled: int = 0


@dataclass(frozen=True)
class MakeTopicsReport:
    """What a making of topics did.

    Attributes:
        output: the folder written.
        counts: of topics and passages.
        unmatched: the titles to leave out that no passage has, by their file.
    """

    output: Path
    counts: TopicCounts
    unmatched: Mapping[Path, tuple[str, ...]]


def make_topics(config: MakeTopicsConfig) -> MakeTopicsReport:
    """Make queries out of a collection, which is read twice, one passage at a time.

    Draws depend on the seed and a passage's id alone, so that the order of the collection changes
    nothing but that of the output; of queries with the same text the first is kept.

    Raises:
        DataError: for an unusable file, titles that are needed and missing, or where no query can
            be made.
        OutputError: where the folder exists already or cannot be written.
    """
    refuse_existing(config.output, config.overwrite)
    found = survey(config)
    counts = TopicCounts(left_out=found.left_out, untitled=found.untitled)
    with atomic_directory(config.output, overwrite=config.overwrite) as folder:
        with ExitStack() as stack:
            files = [
                stack.enter_context((folder / name).open("w", encoding="utf-8", newline="\n"))
                for name in FILES
            ]
            _write(files, config, found, counts)
        if not counts.passages:
            fix = "check --min-words, --max-words and --leave-out"
            raise DataError("no query can be made of it", where=config.corpus, fix=fix)
        write_manifest(folder, _manifest(config, counts), config)
    return MakeTopicsReport(config.output, counts, found.unmatched)


def _write(
    files: Sequence[IO[str]], config: MakeTopicsConfig, found: Survey, counts: TopicCounts
) -> None:
    topics, qrels, corpus = files
    seen: set[bytes] = set()
    for passage in titled_passages(config, "making topics of"):
        fresh = {}
        for topic, query in _queries(passage, config, found):
            key = hashlib.blake2b(lucene(query.text).encode(), digest_size=16).digest()
            if key in seen:
                counts.repeated += 1
                continue
            seen.add(key)
            fresh[topic] = query
        if fresh:
            for topic, query in fresh.items():
                topics.write(f"{topic}\t{query.text}\n")
                qrels.write(f"{topic} 0 {passage.id} 1\n")
                kind = topic.partition("-")[0]
                counts.topics[kind] = counts.topics.get(kind, 0) + 1
            kept, removed = cut(passage, _removed(fresh, config))
            corpus.write(_line(kept))
            counts.passages += 1
            counts.removed += removed


def _queries(
    passage: TitledPassage, config: MakeTopicsConfig, found: Survey
) -> Iterator[tuple[str, Query]]:
    """The queries of a passage with their ids: kind, number, and the passage's id."""
    for kind in config.kind:
        if passage.id in found.chosen[kind]:
            draw = text_rng(config.seed, kind, passage.id)
            for number, query in enumerate(KINDS[kind](passage, config, draw), 1):
                yield f"{kind}-{number}-{passage.id}", query


def _removed(queries: Mapping[str, Query], config: MakeTopicsConfig) -> list[Query]:
    return [
        query
        for topic, query in queries.items()
        if text_rng(config.seed, "remove", topic).random() < config.remove_share
    ]


def _line(passage: Passage) -> str:
    record = {"id": passage.id, "contents": passage.contents}
    if passage.title:
        record["title"] = passage.title
    return json.dumps(record, ensure_ascii=False) + "\n"


def _manifest(config: MakeTopicsConfig, counts: TopicCounts) -> Manifest:
    inputs = {"corpus": config.corpus}
    inputs |= {f"leave_out {number}": path for number, path in enumerate(config.leave_out, 1)}
    return Manifest(
        kind="made-topics",
        properties={"settings": to_dict(config), "counts": asdict(counts)},
        inputs={role: describe_input(path) for role, path in inputs.items()},
        seed=config.seed,
    )
