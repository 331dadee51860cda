"""Settings of ``method: margins``: cached teacher scores of triples."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.train.config.ranking import RankingConfig

__all__ = ["MarginsConfig"]


@configuration
class MarginsConfig(RankingConfig):
    """Distil a student from cached English teacher scores of triples, or train its NoKD twin.

    The teacher's scores are attached to the passages and queries of another language by id, and the
    student learns the teacher's margins (MarginMSE), or, as a cross-encoder, its scores (soft
    binary cross-entropy). With --labels hard the same triples, steps and seed train its twin
    without a teacher. Defaults are those of Hatem et al.'s published bi-encoders.
    """

    method: Literal["margins"] = option("How to train", default="margins")
    teacher_scores: Path = option(
        "TSV: positive and negative score, ids of query, positive and negative; gzip too",
        metavar="FILE",
    )
    labels: Literal["teacher", "hard"] = option(
        "What a margin or score should be: the teacher's, or the same for all (NoKD)",
        default="teacher",
    )
    loss: Literal["margin-mse", "margin-mse-l1", "bce"] = option(
        "Margins as they are; divided by their L1 norm over the micro-batch (Hatem et al.); or"
        " binary cross-entropy on scores between 0 and 1 (cross-encoders)",
        default="margin-mse-l1",
    )
    teacher_scale: float = option("Factor on the teacher's scores", default=1.0, more_than=0)
    teacher_range: tuple[float, float] | None = option(
        "Teacher scores that become 0 and 1 under bce; by default the least and greatest",
        default=None,
    )
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
    held_out_dev: bool = option(
        "Rerank the held-out queries' passages as the dev set (at most 300 negatives each)",
        default=False,
    )
    max_triples: int | None = option(
        "Use this many rows from the head of the file", default=None, at_least=1
    )
    sample_triples: int | None = option(
        "Use this many rows, drawn with the seed from the whole file", default=None, at_least=1
    )

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        if self.loss == "margin-mse-l1" and self.batch_size == 1:
            faults.append("margin-mse-l1 teaches nothing in batches of one triple")
        if self.held_out_count == 0:
            faults.append("held-out must be at least 1")
        if self.max_triples and self.sample_triples:
            faults.append("max-triples and sample-triples exclude each other")
        if self.held_out_dev and self.held_out is None:
            faults.append("held-out-dev needs held-out")
        if self.held_out_dev and self.dev_run is not None:
            faults.append("held-out-dev and dev-run are two dev sets")
        if self.teacher_range is not None and self.teacher_range[0] >= self.teacher_range[1]:
            faults.append("teacher-range must rise")
        return faults

    @property
    def has_dev(self) -> bool:
        """Whether the student is measured during training."""
        return self.held_out_dev or self.dev_run is not None

    @property
    def held_out_count(self) -> int | None:
        """How many queries to hold out; ``None`` where a file names them, or none are."""
        text = str(self.held_out)
        return int(text) if text.isdecimal() else None
