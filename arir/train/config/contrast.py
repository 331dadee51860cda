"""Settings of ``method: contrast``: queries with relevant passages, and in-batch negatives."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.train.config.ranking import RankingConfig

__all__ = ["ContrastConfig"]

#: of single vectors, as Gao, Yao and Chen (SimCSE) and most who followed them
COSINE_TEMPERATURE = 0.05


@configuration
class ContrastConfig(RankingConfig):
    """Train a student on queries and relevant passages, against all others of the batch (InfoNCE).

    Passages that are relevant to a query too are never its negatives. --mined adds hard negatives.
    For batches beyond memory, --recompute keeps only vectors between the passes.
    """

    method: Literal["contrast"] = option("How to train", default="contrast")
    qrels: Path = option("Judgments of the training queries", metavar="FILE")
    mined: Path | None = option("Hard negatives by 'arir mine'", default=None, metavar="FILE")
    hard_negatives: int = option("Mined negatives a query", default=1, at_least=1)
    temperature: float | None = option(
        "Divides similarities in the softmax; by default 0.05 for cosines, and 1 for inner products"
        " and for late interaction, whose sums of cosines ColBERT takes as they are",
        default=None,
        more_than=0,
    )
    symmetric: bool = option("Also find each passage's query in the batch", default=False)
    token_contrast: float = option(
        "Weight of the same contrast over a bi-encoder's token vectors, so that it serves as a"
        " late-interaction model too (BGE-M3)",
        default=0.0,
        at_least=0,
    )
    self_distil: float = option(
        "Weight of learning, as single vectors, from their own and the token vectors' mean score"
        " (BGE-M3's self-knowledge distillation)",
        default=0.0,
        at_least=0,
    )
    together: int = option(
        "Queries of one article (passage ids up to the last '#') that share a batch, so that its"
        " other passages are their negatives; --batch-size then counts groups of so many",
        default=1,
        at_least=1,
    )
    held_out: Path | None = option(
        "File of query ids to leave out of training", default=None, metavar="FILE"
    )
    batch_size: int = option("Queries in a batch", default=64, at_least=2)
    accumulation: int = option("Batches in an optimiser step", default=1, at_least=1)
    similarity: Literal["dot", "cosine"] = option(
        "How a bi-encoder scores, in training and in search", default="cosine"
    )

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        if self.family == "cross-encoder":
            faults.append("a cross-encoder has no in-batch scores; use method lists")
        if self.scale is not None:
            faults.append("contrast has a temperature in place of a scale")
        if self.two_views and self.family not in {None, "bi-encoder"}:
            faults.append("token-contrast and self-distil are of bi-encoders")
        if self.two_views and self.similarity != "cosine":
            faults.append("token-contrast and self-distil need similarity cosine")
        if self.two_views and self.symmetric:
            faults.append("token-contrast and self-distil have no symmetric form")
        return faults

    @property
    def two_views(self) -> bool:
        """Whether token vectors take part in the loss of a bi-encoder."""
        return bool(self.token_contrast or self.self_distil)

    @property
    def score_scale(self) -> float:
        """The temperature does the scaling."""
        return 1.0

    @property
    def softmax_temperature(self) -> float:
        """What divides similarities, where the settings name the family."""
        if self.temperature is not None:
            return self.temperature
        return COSINE_TEMPERATURE if self.scores_cosines else 1.0
