"""Feed Anserini's ``SimpleIndexer``, which analyses batches of passages on several threads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arir.data.collection import Passage
from arir.errors import IndexMismatchError, OutputError
from arir.lucene.jvm import java_class, start_jvm
from arir.lucene.languages import ANALYSED, check_language
from arir.lucene.reader import java_reason, open_reader

__all__ = ["Indexer", "open_indexer"]

#: characters of text after which postings are written out; Anserini's indexer itself would hold
#: two gigabytes of them in memory, more than the heap of a small machine
COMMIT_CHARACTERS = 300_000_000
#: what Pyserini's guides store: text to read back, and what phrase queries and RM3 need
STORED = ("-storeRaw", "-storePositions", "-storeDocvectors")
LOGGING = "org.apache.logging.log4j"


class Indexer:
    """An index being written; made by :func:`open_indexer`."""

    def __init__(self, folder: Path, language: str, threads: int) -> None:
        # Java keeps the working directory that it started in, whatever Python's is by now.
        self._folder = folder.absolute()
        self._options = ["-language", check_language(language), "-threads", str(threads), *STORED]
        if language not in ANALYSED:
            self._options.append("-pretokenized")  # Anserini's name for its WhitespaceAnalyzer
        self._pending = 0
        self._writer = self._open()
        self.written = 0

    def add(self, batch: Iterable[tuple[Passage, str]]) -> None:
        """Index passages, each with the text that is to be analysed for it.

        Raises:
            OutputError: where Lucene did not take all of them.
        """
        records = [_record(passage, text) for passage, text in batch]
        if not records:
            return
        taken = self._writer.addRawDocuments(records)
        self.written += taken
        if taken < len(records):
            raise self._failure(f"Lucene took {taken} passages of {len(records)}", records)
        self._pending += sum(map(len, records))
        if self._pending > COMMIT_CHARACTERS:
            self._writer.close()
            self._writer = self._open("-append")
            self._pending = 0

    def finish(self) -> None:
        """Write everything out and count what a reader then finds.

        Raises:
            OutputError: where that is not what was added.
        """
        self._writer.close()  # whose errors Anserini writes to its log, and goes on
        try:
            reader = open_reader(self._folder)
        except IndexMismatchError as error:
            # The usual reason; a reader sees no more of it than that nothing was committed.
            what = f"Lucene could not write the whole index ({_free(self._folder)} of disk left)"
            raise OutputError(what, fix="free some space or choose another disk") from error
        found = reader.numDocs()
        reader.close()
        if found != self.written:
            raise OutputError(f"the index holds {found} passages, not the {self.written} written")

    def abandon(self) -> None:
        """Stop writing, whatever state the index is in."""
        import jnius

        try:
            self._writer.close()
        except jnius.JavaException:
            return  # it is the reason why the index is abandoned, and has been reported

    def _open(self, *more: str) -> Any:
        target = ["-index", str(self._folder), "-input", "", "-collection", "JsonCollection"]
        return java_class("io.anserini.index.SimpleIndexer")([*target, *self._options, *more])

    def _failure(self, what: str, records: list[str]) -> OutputError:
        """Anserini keeps the reason to itself, so the passages are tried again to hear it."""
        import jnius

        try:
            for record in records:
                self._writer.addRawDocument(record)
        except jnius.JavaException as error:
            return _output_error(what, java_reason(error))
        return OutputError(what)


@contextmanager
def open_indexer(folder: Path, language: str, threads: int) -> Iterator[Indexer]:
    """Write a Lucene index into a folder; when the block ends soundly it is complete and counted.

    Raises:
        ConfigError: where the language is unknown.
        OutputError: where Lucene cannot write; it names no place, which the caller knows better.
    """
    start_jvm()
    import jnius

    _silence()
    try:
        indexer = Indexer(folder, language, threads)
        try:
            yield indexer
            indexer.finish()
        except BaseException:
            indexer.abandon()
            raise
    except jnius.JavaException as error:
        raise _output_error("Lucene cannot write the index", java_reason(error)) from error


def _output_error(what: str, reason: str) -> OutputError:
    full = "space" in reason.lower() or "quota" in reason.lower()
    fix = "free some space or choose another disk" if full else None
    return OutputError(f"{what} ({reason})", fix=fix)


def _free(folder: Path) -> str:
    return f"{shutil.disk_usage(folder).free / 2**20:,.1f} MiB"


def _record(passage: Passage, text: str) -> str:
    """One passage as Anserini's JSON; what the analysed text does not show is kept beside it."""
    record = {"id": passage.id, "contents": text}
    if passage.title:
        record["title"] = passage.title
    if text != passage.contents:
        record["text"] = passage.contents
    return json.dumps(record, ensure_ascii=False)


def _silence() -> None:
    """Keep Anserini's log off standard output; what it would report is checked after the fact."""
    level = java_class(f"{LOGGING}.Level")
    configurator = java_class(f"{LOGGING}.core.config.Configurator")
    configurator.setLevel("io.anserini.index.SimpleIndexer", level.OFF)
