"""Settings of ``arir make-topics``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import argument, configuration, option

__all__ = ["SPAN_WORDS", "Kind", "MakeTopicsConfig"]

Kind = Literal["title", "sentence", "span"]

#: words of a cropped span, at least and at most
SPAN_WORDS = (4, 12)


@configuration
class MakeTopicsConfig:
    """Make training queries out of a collection that has no judgments.

    The kinds of queries: title, an article's title, whose first passage is relevant; sentence, a
    sentence of a passage (the inverse cloze task of Lee, Chang and Toutanova, ACL 2019); span, some
    words in a row (the random cropping of Contriever, Izacard et al., TMLR 2022). The output folder
    has topics.tsv, qrels.txt, and corpus.jsonl with the passages that the qrels name, from which
    the text of some queries is taken out, so that finding it again is not all there is to learn.
    """

    corpus: Path = argument("Collection: JSONL or TSV, gzip too, or a folder of such")
    output: Path = option("Folder of topics, qrels and passages", metavar="DIR")
    kind: tuple[Kind, ...] = option(
        "Kind of queries; may be given several times", default=("title", "sentence")
    )
    titles: Literal["field", "first-line"] = option(
        "Where a passage's title stands: in the field 'title', or the first line of the contents",
        default="field",
    )
    per_passage: int = option("Sentences, and spans, of each passage", default=1, at_least=1)
    remove_share: float = option(
        "Share of the queries whose text is taken out of its passage in corpus.jsonl; where less "
        "would be left than is taken, it stays",
        default=0.5,
        at_least=0,
        at_most=1,
    )
    min_words: int = option("Leave out shorter sentences", default=3, at_least=1)
    max_words: int = option(
        "Longest query; of a longer sentence, a window of so many words is drawn",
        default=32,
        at_least=1,
    )
    max_passages: int | None = option(
        "Passages that each kind takes, at most, drawn evenly", default=None, at_least=1
    )
    leave_out: tuple[Path, ...] = option(
        "File of titles, one a line, whose articles are left out, as those of a test collection; "
        "compared after the profile 'lucene'; may be given several times",
        default=(),
        metavar="FILE",
    )
    seed: int = option("Seed of every draw", default=42, at_least=0)
    overwrite: bool = option("Replace the output folder", default=False)

    def __post_init__(self) -> None:
        """Check that some query can be made, and the output.

        Raises:
            ValueError: for a kind given twice or none, lengths that no query can have, or an output
                that is an input.
        """
        if not self.kind or len(set(self.kind)) < len(self.kind):
            raise ValueError(f"kind must name kinds once each, not {', '.join(self.kind) or '()'}")
        if self.min_words > self.max_words:
            raise ValueError(
                f"min_words {self.min_words} is greater than max_words {self.max_words}"
            )
        shortest, longest = self.span_words
        if "span" in self.kind and shortest > longest:
            raise ValueError(
                f"spans have {SPAN_WORDS[0]} to {SPAN_WORDS[1]} words, which min_words "
                f"{self.min_words} and max_words {self.max_words} leave none of"
            )
        if self.output.resolve() in {path.resolve() for path in (self.corpus, *self.leave_out)}:
            raise ValueError(f"output {self.output} is one of the inputs")

    @property
    def span_words(self) -> tuple[int, int]:
        """Words of a span, at least and at most."""
        return max(SPAN_WORDS[0], self.min_words), min(SPAN_WORDS[1], self.max_words)
