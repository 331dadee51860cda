"""Raw text to learn from, streamed from collections, bitext and plain text alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from arir.data.collection import read_collection
from arir.data.lines import numbered_lines
from arir.errors import DataError

__all__ = ["TextSource", "find_sources"]

JSON = (".jsonl", ".json", ".jsonl.gz", ".json.gz")
TSV = (".tsv", ".tsv.gz")
#: lines on which it is decided whether a file's first column holds ids
TRIED = 1000


@dataclass(frozen=True)
class TextSource:
    """One file or folder of texts.

    Attributes:
        path: a collection, a tab-separated file, or plain text, a text a line.
        limit: read so many passages or lines; None reads all.
    """

    path: Path
    limit: int | None = None

    def texts(self) -> Iterator[str]:
        """Every text: titles and contents, all columns of a line but a column of ids.

        Raises:
            DataError: where the file is unusable; the message names file and line.
        """
        for row in self.rows():
            yield from filter(None, row)

    def target_texts(self) -> Iterator[str]:
        """The texts in the new language: of bitext every column but the first."""
        for row in self.rows():
            yield from filter(None, row[1:] or row)

    def rows(self) -> Iterator[list[str]]:
        """The texts passage by passage or line by line."""
        return islice(self._all_rows(), self.limit)

    def _all_rows(self) -> Iterator[list[str]]:
        if self.path.is_dir() or self.path.name.endswith(JSON):
            for passage in read_collection(self.path):
                yield [passage.text]
            return
        if not self.path.name.endswith(TSV):
            for _, line in numbered_lines(self.path):
                yield [line]
            return
        first = 1 if self._begins_with_ids() else 0
        for _, line in numbered_lines(self.path):
            yield [cell.strip() for cell in line.split("\t")[first:]]

    def _begins_with_ids(self) -> bool:
        """Whether no cell of the first column has white space within, as ids have none."""
        head = [line.split("\t") for _, line in islice(numbered_lines(self.path), TRIED)]
        return all(len(cells) > 1 and len(cells[0].split()) == 1 for cells in head)


def find_sources(paths: Sequence[Path], limit: int | None) -> list[TextSource]:
    """Make sure that the files are there, before anything large is opened.

    Raises:
        DataError: naming the first that is not.
    """
    for path in paths:
        if not path.exists():
            raise DataError("no such file", where=path)
    return [TextSource(path, limit) for path in paths]
