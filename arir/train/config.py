"""Settings of ``arir train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator

from arir.config import configuration, option

__all__ = ["NEW", "TrainConfig"]

#: the student that is made from the training texts
NEW = "new"
#: the scale of a student's scores: inner products as they are; cosines about as wide as logits
SCALES = {"dot": 1.0, "cosine": 20.0}
SHAPE = ("vocabulary_size", "layers", "width", "heads")


def _listed(value: Any) -> Any:
    return (value,) if isinstance(value, str | Path) else value


@configuration
class TrainConfig:
    """Distil a bi-encoder from cached English teacher scores, or train its NoKD twin.

    The teacher's scores are attached to the passages and queries of another language by id, and the
    student learns the teacher's margins (MarginMSE). With --labels hard the same triples, steps and
    seed train its twin on margins of one size. Settings may come from a recipe: a YAML file of
    these keys, given first. Defaults are those of Hatem et al.'s published bi-encoders.
    """

    teacher_scores: Path = option(
        "TSV: positive and negative score, ids of query, positive and negative; gzip too",
        metavar="FILE",
    )
    corpus: Path = option("Collection in the student's language: JSONL or TSV, or a folder of such")
    topics: Annotated[tuple[Path, ...], BeforeValidator(_listed)] = option(
        "TSV of training queries in the student's language; may be given several times",
        metavar="FILE",
    )
    output: Path = option("Folder of the trained student", metavar="DIR")
    student: str = option(
        "Short name, hub id or folder of a model to start from, or 'new'", metavar="NAME"
    )
    labels: Literal["teacher", "hard"] = option(
        "What a margin should be: the teacher's, or the same for all triples (NoKD)",
        default="teacher",
    )
    loss: Literal["margin-mse", "margin-mse-l1"] = option(
        "Plain, or with margins divided by their L1 norm over the micro-batch (Hatem et al.)",
        default="margin-mse-l1",
    )
    epochs: float = option("Passes over the triples", default=3.0, more_than=0)
    steps: int | None = option("Optimiser steps, in place of epochs", default=None, at_least=1)
    batch_size: int = option("Triples in a micro-batch", default=16, at_least=1)
    accumulation: int = option("Micro-batches in an optimiser step", default=8, at_least=1)
    learning_rate: float = option("Highest learning rate", default=7e-5, more_than=0)
    warmup_ratio: float = option(
        "Share of the steps in which the learning rate rises; then it falls to zero",
        default=0.07,
        at_least=0,
        at_most=1,
    )
    weight_decay: float = option("Weight decay of AdamW", default=0.0, at_least=0)
    query_length: int | None = option(
        "Longest query, tokens; the student's own, or 64 for a new one", default=None, at_least=3
    )
    passage_length: int | None = option(
        "Longest passage, tokens; the student's own, or 128 for a new one", default=None, at_least=3
    )
    with_title: bool = option("Put the title before the contents of a passage", default=False)
    profile: str | None = option(
        "Text normalisation; the student's own, or lucene for a new one", default=None
    )
    similarity: Literal["dot", "cosine"] = option(
        "How the student scores, in training and in search", default="dot"
    )
    scale: float | None = option(
        "Factor on the student's scores in the loss; 1 for dot, 20 for cosine by default",
        default=None,
        more_than=0,
    )
    teacher_scale: float = option("Factor on the teacher's scores", default=1.0, more_than=0)
    hard_margin: float = option(
        "Margin of --labels hard, in similarities before --scale: positive 1, negative 0",
        default=1.0,
        more_than=0,
    )
    held_out: str | int | None = option(
        "Queries to leave out of training: how many, or a file of their ids",
        default=None,
        metavar="N|FILE",
    )
    max_triples: int | None = option(
        "Use this many rows from the head of the file", default=None, at_least=1
    )
    precision: Literal["fp32", "bf16", "fp16"] = option(
        "Number format; bf16 and fp16 are mixed precision, fp16 on a GPU only", default="fp32"
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = option(
        "Where to train; auto takes a GPU when there is one", default="auto"
    )
    seed: int = option("Seed of every random choice", default=42, at_least=0)
    vocabulary_size: int | None = option(
        "Most pieces in a new student's vocabulary; 8000 by default", default=None, at_least=500
    )
    layers: int | None = option("Layers of a new student; 2", default=None, at_least=1)
    width: int | None = option("Width of a new student; 128", default=None, at_least=4)
    heads: int | None = option("Attention heads of a new student; 4", default=None, at_least=1)
    overwrite: bool = option("Replace the output folder", default=False)

    def __post_init__(self) -> None:
        """Check what fields say together.

        Raises:
            ValueError: naming every contradiction.
        """
        given = [key.replace("_", "-") for key in SHAPE if getattr(self, key) is not None]
        faults = []
        if self.student != NEW and given:
            faults.append(f"{', '.join(given)} shape a new student only, not {self.student}")
        if (self.width or 128) % (self.heads or 4):
            faults.append(f"width {self.width or 128} is no multiple of heads {self.heads or 4}")
        if self.loss == "margin-mse-l1" and self.batch_size == 1:
            faults.append("margin-mse-l1 teaches nothing in batches of one triple")
        if not self.topics:
            faults.append("topics names no file")
        if self.held_out_count == 0:
            faults.append("held-out must be at least 1")
        if faults:
            raise ValueError("; ".join(faults))

    @property
    def held_out_count(self) -> int | None:
        """How many queries to hold out; ``None`` where a file names them, or none are."""
        text = str(self.held_out)
        return int(text) if text.isdecimal() else None

    @property
    def score_scale(self) -> float:
        """The factor on the student's scores in the loss."""
        return SCALES[self.similarity] if self.scale is None else self.scale
