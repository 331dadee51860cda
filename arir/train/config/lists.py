"""Settings of ``method: lists``: teacher scores of several passages a query."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.train.config.ranking import RankingConfig

__all__ = ["ListsConfig"]


@configuration
class ListsConfig(RankingConfig):
    """Distil a student from a teacher's scores of a list of passages a query (Translate-Distill).

    Each query comes with --nway of the passages that the teacher scored, and the student learns the
    teacher's distribution over them (KL divergence). With --labels hard it learns which of them is
    relevant (Translate-Train), from --qrels or --mined.
    """

    method: Literal["lists"] = option("How to train", default="lists")
    teacher_scores: Path | None = option(
        "Scores by 'arir score-teacher', or JSONL lines of [qid, [pid, score], ...]",
        default=None,
        metavar="PATH",
    )
    mined: Path | None = option(
        "Positives and negatives by 'arir mine', for hard labels", default=None, metavar="FILE"
    )
    qrels: Path | None = option(
        "Judgments that give hard labels to the scored passages", default=None, metavar="FILE"
    )
    labels: Literal["teacher", "hard"] = option(
        "Learn the teacher's scores, or which passage is relevant", default="teacher"
    )
    loss: Literal["kl", "log-softmax-mse", "cross-entropy", "margin-mse", "bce"] = option(
        "KL divergence, squared error of log-softmax scores, cross-entropy of the relevant passage"
        " (hard labels only), squared error of margins to the first, or binary cross-entropy",
        default="kl",
    )
    nway: int = option("Passages a query", default=6, at_least=2)
    sampling: Literal["random", "top", "mixed"] = option(
        "Which of a query's passages: drawn evenly, the teacher's best, or the best and the rest"
        " drawn evenly",
        default="random",
    )
    judged: bool = option(
        "Let every list hold one relevant passage (of --qrels or --mined) and others that are not,"
        " so that --labels hard trains its twin on the same lists",
        default=False,
    )
    draws: int = option("Different draws of each query's list in an epoch", default=1, at_least=1)
    teacher_temperature: float = option(
        "Divides the teacher's scores; above 1 softens, below 1 sharpens or widens margins",
        default=1.0,
        more_than=0,
    )
    student_temperature: float = option("Divides the student's scores", default=1.0, more_than=0)
    in_batch_weight: float = option(
        "Weight of a contrast of each list's first passage with all others of the batch",
        default=0.0,
        at_least=0,
    )
    max_queries: int | None = option("Use this many queries", default=None, at_least=1)

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        hard = self.labels == "hard"
        if not hard and self.teacher_scores is None:
            faults.append("labels teacher needs teacher-scores")
        scored = self.teacher_scores is not None and self.qrels is not None
        if hard and self.mined is None and not scored:
            faults.append("labels hard needs mined, or teacher-scores and qrels")
        if self.judged and self.teacher_scores is None:
            faults.append("judged draws from teacher-scores")
        if self.judged and self.qrels is None and self.mined is None:
            faults.append("judged needs qrels or mined")
        if not hard and self.loss == "cross-entropy":
            faults.append("loss cross-entropy needs labels hard")
        if hard and self.loss in {"kl", "log-softmax-mse"}:
            faults.append(f"loss {self.loss} needs labels teacher; use cross-entropy")
        if self.in_batch_weight and self.family == "cross-encoder":
            faults.append("a cross-encoder has no in-batch scores: in-batch-weight must be 0")
        return faults
