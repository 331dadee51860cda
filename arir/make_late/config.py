"""Settings of ``arir make-late``."""

from __future__ import annotations

from pathlib import Path

from arir.config import argument, configuration, option
from arir.models.half import Weights

__all__ = ["MakeLateConfig"]


@configuration
class MakeLateConfig:
    """Turn a bi-encoder into a late-interaction model, without training.

    A bi-encoder pools the vectors of a text's tokens into one. Compared by MaxSim before they are
    pooled, the same vectors often rank better, above all where questions share words with their
    passages. The result has the bi-encoder's weights, and is a late-interaction model like any
    other: it reranks, searches, teaches, and can be trained further.
    """

    model: str = argument("Short name, hub id or folder of a bi-encoder")
    output: Path = option("Folder of the late-interaction model", metavar="DIR")
    query_length: int | None = option(
        "Longest query, tokens; the bi-encoder's own", default=None, at_least=3
    )
    passage_length: int | None = option(
        "Longest passage, tokens; the bi-encoder's own", default=None, at_least=3
    )
    weights: Weights = option("How the weights are stored; fp16 halves the folder", default="fp32")
    overwrite: bool = option("Replace the output folder", default=False)
