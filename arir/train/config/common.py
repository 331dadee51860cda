"""Settings that every training shares: the student, the optimiser, the dev set, the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from arir.config import configuration, option
from arir.models.half import Weights
from arir.models.spec import Family

__all__ = ["NEW", "Paths", "StudentConfig"]

#: the student that is made from the training texts
NEW = "new"
#: the scale of cosines in a loss, which makes them about as wide as logits
COSINE_SCALE = 20.0
#: settings of a new student's size
SHAPE = ("vocabulary_size", "layers", "width", "heads")
#: the files of a dev set; the collection may be the training's own
DEV_FILES = ("dev_topics", "dev_qrels", "dev_run")


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | Path) else value


#: one file or several
Paths = Annotated[tuple[Path, ...], BeforeValidator(_listed)]


@configuration
class StudentConfig:
    """What every method of ``arir train`` asks for."""

    student: str = option(
        "Short name, hub id or folder of a model to start from, or 'new'", metavar="NAME"
    )
    output: Path = option("Folder of the trained student", metavar="DIR")
    family: Family | None = option(
        "What the student becomes; by default what it is, or a bi-encoder", default=None
    )
    epochs: float = option("Passes over the training data", default=3.0, more_than=0)
    steps: int | None = option("Optimiser steps, in place of epochs", default=None, at_least=1)
    batch_size: int = option("Examples in a micro-batch", default=16, at_least=1)
    accumulation: int = option("Micro-batches in an optimiser step", default=8, at_least=1)
    learning_rate: float = option("Highest learning rate", default=7e-5, more_than=0)
    warmup_ratio: float = option(
        "Share of the steps in which the learning rate rises; then it falls to zero",
        default=0.07,
        at_least=0,
        at_most=1,
    )
    weight_decay: float = option("Weight decay of AdamW", default=0.0, at_least=0)
    dropout: float | None = option(
        "Share that dropout layers drop in training; by default the student's own. 0 makes a step"
        " on a CPU faster",
        default=None,
        at_least=0,
        at_most=0.9,
    )
    recompute: bool = option(
        "Compute the encoder's activations again in the backward pass (cached gradients), so that"
        " large batches fit in little memory",
        default=False,
    )
    lora_rank: int | None = option(
        "Train low-rank updates of this rank in place of the body's weights; merged when saved",
        default=None,
        at_least=1,
    )
    query_length: int | None = option(
        "Longest query, tokens; the student's own, or 64 for a new one", default=None, at_least=3
    )
    passage_length: int | None = option(
        "Longest passage, tokens; the student's own, or 128 for a new one", default=None, at_least=3
    )
    pair_length: int | None = option(
        "Longest query and passage together, tokens (cross-encoders); the student's own, or 256",
        default=None,
        at_least=8,
    )
    train_length: int | None = option(
        "Cut every text, or pair, to so many tokens in training only; the student then reads the"
        " whole of its lengths, and training is faster",
        default=None,
        at_least=3,
    )
    profile: str | None = option(
        "Text normalisation; the student's own, or lucene for a new one", default=None
    )
    similarity: Literal["dot", "cosine"] = option(
        "How a bi-encoder scores, in training and in search", default="dot"
    )
    scale: float | None = option(
        "Factor on the student's scores in the loss; by default 20 for cosines, otherwise 1",
        default=None,
        more_than=0,
    )
    precision: Literal["fp32", "bf16", "fp16"] = option(
        "Number format; bf16 and fp16 are mixed precision, fp16 on a GPU only", default="fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = option(
        "Where to train; auto takes a GPU when there is one", default="auto"
    )
    seed: int = option("Seed of every random choice", default=42, at_least=0)
    checkpoint_every: int = option(
        "Steps between checkpoints, from which the same command goes on after a kill",
        default=500,
        at_least=1,
    )
    dev_topics: Path | None = option("TSV of dev queries", default=None, metavar="FILE")
    dev_qrels: Path | None = option("Judgments of the dev queries", default=None, metavar="FILE")
    dev_run: Path | None = option(
        "Run whose passages the student reranks for the dev queries", default=None, metavar="FILE"
    )
    dev_corpus: Path | None = option(
        "Collection of the dev run; by default the training's", default=None
    )
    dev_depth: int = option("Candidates a dev query", default=100, at_least=1)
    dev_measure: str = option("What chooses the best checkpoint", default="RR@10")
    evaluate_every: int = option("Steps between measurements on dev", default=500, at_least=1)
    patience: int | None = option(
        "Stop after so many dev measurements without a better one", default=None, at_least=1
    )
    vocabulary_size: int | None = option(
        "Most pieces in a new student's vocabulary; 8000 by default", default=None, at_least=500
    )
    layers: int | None = option("Layers of a new student; 2", default=None, at_least=1)
    width: int | None = option("Width of a new student; 128", default=None, at_least=4)
    heads: int | None = option("Attention heads of a new student; 4", default=None, at_least=1)
    dimension: int | None = option(
        "Length of a token vector where a late-interaction student is made of another model: 128 by"
        " default; 0 keeps the width of its body",
        default=None,
        at_least=0,
    )
    weights: Weights = option(
        "How the student's weights are stored; fp16 halves the folder", default="fp32"
    )
    licence: str | None = option("SPDX identifier of the student, for its card", default=None)
    overwrite: bool = option("Replace the output folder", default=False)

    def __post_init__(self) -> None:
        """Check what fields say together.

        Raises:
            ValueError: naming every contradiction.
        """
        faults = self.contradictions()
        if faults:
            raise ValueError("; ".join(faults))

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        from arir.evaluate.measures import parse_measure

        given = [key.replace("_", "-") for key in SHAPE if getattr(self, key) is not None]
        faults = []
        if self.student != NEW and given:
            faults.append(f"{', '.join(given)} shape a new student only, not {self.student}")
        if (self.width or 128) % (self.heads or 4):
            faults.append(f"width {self.width or 128} is no multiple of heads {self.heads or 4}")
        missing = [key.replace("_", "-") for key in DEV_FILES if getattr(self, key) is None]
        if 0 < len(missing) < len(DEV_FILES):
            faults.append(f"a dev set also needs {' and '.join(missing)}")
        if self.dev_run is not None and self.dev_corpus is None and not hasattr(self, "corpus"):
            faults.append("a dev set needs dev-corpus")
        if self.patience is not None and not self.has_dev:
            faults.append("patience needs a dev set")
        faults += self._strange_to_family()
        parse_measure(self.dev_measure)
        return faults

    def _strange_to_family(self) -> list[str]:
        """Settings that students of this family do not have; none where it is still open."""
        faults = []
        cross, late = self.family == "cross-encoder", self.family == "late-interaction"
        apart = [key for key in ("query_length", "passage_length") if getattr(self, key)]
        if cross and apart:
            named = " and ".join(key.replace("_", "-") for key in apart)
            faults.append(f"a cross-encoder has a pair-length in place of {named}")
        if self.family is not None and not cross and self.pair_length:
            faults.append(f"a {self.family} has no pair-length")
        if self.family is not None and not late and self.dimension is not None:
            faults.append(f"a {self.family} has no dimension to set")
        return faults

    @property
    def has_dev(self) -> bool:
        """Whether the student is measured during training."""
        return self.dev_run is not None

    @property
    def score_scale(self) -> float:
        """The factor on the student's scores in the loss."""
        if self.scale is not None:
            return self.scale
        return COSINE_SCALE if self.scores_cosines else 1.0

    @property
    def scores_cosines(self) -> bool:
        """Whether the student's score is a single cosine; of the families only bi-encoders' is."""
        return self.similarity == "cosine" and self.family in {None, "bi-encoder"}
