"""Settings of ``arir split-corpus``."""

from __future__ import annotations

from pathlib import Path

from arir.config import argument, configuration, option

__all__ = ["SplitCorpusConfig"]


@configuration
class SplitCorpusConfig:
    """Split the documents of a collection into overlapping passages.

    Document D becomes the passages D#0, D#1 ... of --window words each, of which one begins every
    --stride words; the last may be shorter. Each has the title of its document. Index the result as
    any collection and search it with --max-passage, which gives each document the score of its best
    passage. The defaults are those of Dai and Callan (SIGIR 2019).
    """

    corpus: Path = argument("Collection: JSONL or TSV, gzip too, or a folder of such")
    output: Path = option("The JSONL collection of passages to write", metavar="FILE")
    window: int = option("Words of a passage, separated by white space", default=150, at_least=1)
    stride: int = option("Words from one beginning to the next", default=75, at_least=1)

    def __post_init__(self) -> None:
        """Check that no word is lost between two passages, and the output.

        Raises:
            ValueError: for a stride beyond the window, or an output that is no plain JSONL file or
                part of the collection.
        """
        if self.stride > self.window:
            raise ValueError(
                f"stride {self.stride} is greater than window {self.window}: words between two "
                "passages would be lost"
            )
        if self.output.suffix != ".jsonl":
            raise ValueError(
                f"output must end in .jsonl, as the form of the file, not {self.output}"
            )
        if self.corpus.resolve() in {self.output.resolve(), self.output.resolve().parent}:
            raise ValueError(f"output {self.output} must not be part of the collection")
