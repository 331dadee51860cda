"""Settings of ``arir rerank``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.search.config import check_run_name
from arir.students.find import RERANKER

__all__ = ["RerankConfig"]


@configuration
class RerankConfig:
    """Rerank the first hits of every topic of a run.

    The first --depth hits of a topic are scored anew and sorted. The hits below keep their order
    behind them, so that recall stays as it was; their scores go on falling by one a rank from the
    lowest new score. The qrels that the run's side file names are named in the new one too.
    """

    run: Path = option("The run to rerank", metavar="RUN")
    reranker: str = option(
        "Short name, hub id or folder of a model of any family; the default ships with arir",
        default=RERANKER,
        metavar="NAME",
    )
    corpus: Path = option("The collection that was searched", metavar="CORPUS")
    topics: Path = option("Topics: a TSV of id and query", metavar="FILE")
    output: Path = option("The run to write", metavar="RUN")
    depth: int = option("Hits a topic that are scored anew", default=100, at_least=1)
    max_passage: bool = option(
        "The run ranks passages of arir split-corpus: write documents, each with the score of its "
        "best passage",
        default=False,
    )
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    device: str = option("auto, cpu, cuda or cuda:N", default="auto")
    precision: Literal["auto", "fp32", "bf16", "fp16"] = option(
        "Number format of the reranker; auto is fp16 on CUDA, else fp32", default="auto"
    )
    batch_tokens: int | None = option(
        "Tokens in a batch, padding included; chosen for the device by default",
        default=None,
        at_least=1,
    )
    qrels: Path | None = option(
        "Relevance judgments, where the run's side file names none", default=None, metavar="FILE"
    )
    tag: str | None = option("Name of the run; by default its file name", default=None)

    def __post_init__(self) -> None:
        """Check the name of the run, and the tag.

        Raises:
            ValueError: for a compressed run or a tag of several words.
        """
        check_run_name(self.output, self.tag)
