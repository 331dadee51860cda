"""Settings of ``arir init-student``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from arir.config import argument, configuration, option

__all__ = ["Embeddings", "InitStudentConfig", "Vocabulary"]

Vocabulary = Literal["joint", "extend", "own"]
Embeddings = Literal["mean", "lexicon", "alignment"]


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | Path) else value


Files = Annotated[tuple[Path, ...], BeforeValidator(_listed)]


@configuration
class InitStudentConfig:
    """Make a student from an English encoder's body and a vocabulary for another language.

    Layers and positions are the body's. Pieces of the vocabulary that the body knows keep their
    vectors; new ones are put where their translations lie (--bitext, --lexicon). The output is a
    sentence-transformers folder from which "arir train --student" starts.
    """

    body: str = argument("Short name, hub id or folder of the encoder to start from")
    text: Files = option(
        "Texts to learn the vocabulary from: collection, bitext or plain text, gzip too; may be "
        "given several times",
        metavar="FILE",
    )
    output: Path = option("Folder of the student", metavar="DIR")
    vocabulary: Vocabulary = option(
        "Learn one for all texts, extend the body's, or keep the body's own", default="joint"
    )
    vocabulary_size: int = option(
        "Most pieces of the vocabulary; most new ones with extend", default=32_000, at_least=100
    )
    profile: str = option("Text normalisation, also built into the tokeniser", default="lucene")
    embeddings: Embeddings | None = option(
        "Where new pieces start: around the mean, at translations in --lexicon, or at what they "
        "align with in --bitext; by default the last of these that has its files",
        default=None,
    )
    bitext: Files = option(
        "source<TAB>target in the body's language and the new one; may be given several times",
        default=(),
        metavar="FILE",
    )
    lexicon: Files = option(
        "source<TAB>target words in the body's language and the new one; may be given several "
        "times; also serves pieces that --bitext leaves out",
        default=(),
        metavar="FILE",
    )
    max_pairs: int = option("Most pairs to align, from the head", default=200_000, at_least=1)
    iterations: int = option("Iterations of IBM model 1", default=5, at_least=1, at_most=100)
    layers: int | None = option(
        "Keep this many of the body's layers, evenly spaced; all by default",
        default=None,
        at_least=1,
    )
    max_length: int | None = option(
        "Longest text, tokens; the body's own by default", default=None, at_least=3
    )
    max_texts: int | None = option(
        "Read this many texts from the head of each --text", default=None, at_least=1
    )
    seed: int = option("Seed of the vectors that nothing is known of", default=42, at_least=0)
    overwrite: bool = option("Replace the output folder", default=False)

    def __post_init__(self) -> None:
        """Check what fields say together.

        Raises:
            ValueError: naming every contradiction.
        """
        faults = []
        if not self.text:
            faults.append("text names no file")
        if self.embeddings == "alignment" and not self.bitext:
            faults.append("embeddings alignment needs --bitext")
        if self.embeddings == "lexicon" and not self.lexicon:
            faults.append("embeddings lexicon needs --lexicon")
        if self.embeddings in {"mean", "lexicon"} and self.bitext:
            faults.append(f"embeddings {self.embeddings} uses no --bitext")
        if self.embeddings == "mean" and self.lexicon:
            faults.append("embeddings mean uses no --lexicon")
        if self.vocabulary == "own" and (self.embeddings or self.bitext or self.lexicon):
            faults.append("vocabulary own has no new pieces to find vectors for")
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def method(self) -> Embeddings:
        """How new pieces get their vectors."""
        if self.embeddings is not None:
            return self.embeddings
        return "alignment" if self.bitext else "lexicon" if self.lexicon else "mean"
