"""``arir split-corpus``: stream a collection into one of passages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from arir.artefacts import Manifest, atomic_file, describe_input
from arir.artefacts.atomic import check_writable
from arir.artefacts.side_file import write_side_file
from arir.config import to_dict
from arir.data.collection import Passage, read_collection
from arir.progress import progress
from arir.split.config import SplitCorpusConfig
from arir.split.windows import passage_id, split_text

__all__ = ["SplitReport", "passages_of", "split_corpus"]


@dataclass(frozen=True)
class SplitReport:
    """What a splitting did.

    Attributes:
        output: the file written; its side file lies beside it.
        documents: in the collection.
        passages: written.
        split: documents of more than one passage.
    """

    output: Path
    documents: int
    passages: int
    split: int


def split_corpus(config: SplitCorpusConfig) -> SplitReport:
    """Split a collection into passages, with one document in memory at a time.

    Raises:
        DataError: for a bad line of the collection; the message names file and line.
        OutputError: where the file cannot be written.
    """
    check_writable(config.output)
    documents = passages = split = 0
    name = f"splitting {config.corpus.name}"
    with atomic_file(config.output) as stream:
        for document in progress(read_collection(config.corpus), name, unit="document"):
            parts = list(passages_of(document, config.window, config.stride))
            stream.writelines(map(_line, parts))
            documents += 1
            passages += len(parts)
            split += len(parts) > 1
    report = SplitReport(config.output, documents, passages, split)
    write_side_file(config.output, _manifest(config, report))
    return report


def passages_of(document: Passage, window: int, stride: int) -> Iterator[Passage]:
    """The passages of a document, with its title.

    >>> [part.id for part in passages_of(Passage("d", "a b c d e"), window=3, stride=2)]
    ['d#0', 'd#1']
    """
    for number, text in enumerate(split_text(document.contents, window, stride)):
        yield Passage(passage_id(document.id, number), text, document.title)


def _line(passage: Passage) -> str:
    record = {"id": passage.id, "contents": passage.contents}
    if passage.title:
        record["title"] = passage.title
    return json.dumps(record, ensure_ascii=False) + "\n"


def _manifest(config: SplitCorpusConfig, report: SplitReport) -> Manifest:
    counts = {"documents": report.documents, "passages": report.passages, "split": report.split}
    return Manifest(
        kind="split-collection",
        properties={"settings": to_dict(config), "counts": counts},
        inputs={"corpus": describe_input(config.corpus)},
    )
