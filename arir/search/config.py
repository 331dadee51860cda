"""Settings of ``arir search``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.students.find import ENCODER

__all__ = ["SearchConfig", "check_run_name"]


@configuration
class SearchConfig:
    """Search topics into a TREC run: BM25, dense, late-interaction or hybrid.

    --corpus searches a collection of your own at once: it is encoded by --encoder, or else by
    kd-mini, which ships with arir, and the vectors are not kept. To search more than once, make an
    index (arir encode-corpus, arir index) and give --index.

    Without --encoder and --bm25 the kind of the index decides: BM25 for a Lucene index, and for one
    of vectors the encoder that its manifest names. With a BM25 index and one of vectors (--index
    twice) the search is hybrid: alpha * minmax(vectors) + (1 - alpha) * minmax(BM25) over --hits of
    each, scaled topic by topic, where a passage that only one of them found counts 0 in the other.

    The qrels are named in the run's side file, so that later commands find them. Without --qrels,
    those beside the topics are taken if they judge any of them: for topics.test.ar.tsv the first of
    topics.test.ar.qrels.txt, qrels.test.ar.txt, qrels.test.txt and qrels.txt.
    """

    index: tuple[Path, ...] = option(
        "Index folder; give a BM25 one and one of vectors for hybrid search",
        default=(),
        metavar="DIR",
    )
    corpus: Path | None = option(
        "In place of an index, a collection to encode and search: JSONL or TSV, gzip too, or a"
        " folder of such",
        default=None,
        metavar="CORPUS",
    )
    topics: Path = option("Topics: a TSV of id and query", metavar="FILE")
    output: Path = option("The run to write", metavar="RUN")
    encoder: str | None = option(
        "Search vectors with this bi-encoder or late-interaction model; by default the one that"
        f" built the index, and for --corpus {ENCODER}, which ships with arir",
        default=None,
        metavar="NAME",
    )
    bm25: bool = option("BM25 search", default=False)
    with_title: bool = option(
        "With --corpus: put the title before the contents of a passage", default=False
    )
    hits: int = option("Passages a topic", default=1000, at_least=1)
    max_passage: bool = option(
        "Rank documents by their best passage: the index holds passages of arir split-corpus, and "
        "--hits counts documents",
        default=False,
    )
    qrels: Path | None = option("Relevance judgments of the topics", default=None, metavar="FILE")
    tag: str | None = option("Name of the run; by default its file name", default=None)
    k1: float = option("BM25: term frequency saturation", default=0.9, at_least=0)
    b: float = option("BM25: length normalisation", default=0.4, at_least=0, at_most=1)
    language: str | None = option(
        "BM25: what the index was built with, where it has no manifest", default=None
    )
    alpha: float = option(
        "Hybrid: weight of the scores of vectors", default=0.5, at_least=0, at_most=1
    )
    device: str = option("auto, cpu, cuda or cuda:N", default="auto")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "Number format of the encoder; auto is fp16 on CUDA, else fp32", default="auto"
    )
    threads: int | None = option("CPU threads; all cores by default", default=None, at_least=1)

    def __post_init__(self) -> None:
        """Check what is searched, the name of the run, and the tag.

        Raises:
            ValueError: for no index or more than two, settings that do not go with a collection or
                an index, a compressed run, or a tag of several words.
        """
        if self.corpus is None:
            self._check_index()
        elif self.index:
            raise ValueError("corpus and index exclude each other: give one of them")
        elif self.bm25:
            raise ValueError("bm25 needs an index: build it with arir index and give --index")
        check_run_name(self.output, self.tag)

    def _check_index(self) -> None:
        if not self.index:
            raise ValueError("index must be given, or corpus: what is to be searched?")
        if len(self.index) > 2:
            raise ValueError("index must be given once, or twice for hybrid search")
        if self.with_title:
            raise ValueError("with-title goes with corpus; an index has its titles, or has none")


def check_run_name(output: Path, tag: str | None) -> None:
    """Check what a written run is called; every command that writes one does.

    Raises:
        ValueError: for a compressed run, or a tag that a TREC run cannot carry.
    """
    if output.suffix == ".gz":
        raise ValueError(f"output must not end in .gz, since runs are written plain: {output}")
    if tag is not None and tag.split() != [tag]:
        raise ValueError(f"tag must be one word, not {tag!r}")
