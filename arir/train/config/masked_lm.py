"""Settings of ``method: masked-lm``: adaptation to a raw corpus."""

from __future__ import annotations

from typing import Literal

from arir.config import configuration, option
from arir.train.config.common import Paths, StudentConfig

__all__ = ["MaskedLmConfig"]


@configuration
class MaskedLmConfig(StudentConfig):
    """Adapt a student's body to a language by masked-LM training on raw text; it needs no teacher.

    Used before distillation for languages that a body has seen little of.
    """

    method: Literal["masked-lm"] = option("How to train", default="masked-lm")
    text: Paths = option(
        "Text to adapt to: a collection (JSONL, or TSV with ids in the first column), bitext (TSV"
        " of sentences) or plain text (a text a line); may be given several times",
        metavar="FILE",
    )
    masked: float = option("Share of the tokens to predict", default=0.15, more_than=0, at_most=0.9)
    whole_words: bool = option("Mask all pieces of a word together", default=True)
    max_texts: int | None = option("Use this many texts", default=None, at_least=1)
    batch_size: int = option("Texts in a micro-batch", default=32, at_least=1)
    accumulation: int = option("Micro-batches in an optimiser step", default=1, at_least=1)
    learning_rate: float = option("Highest learning rate", default=1e-4, more_than=0)

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        if self.family not in {None, "bi-encoder"}:
            faults.append(f"masked-lm adapts a bi-encoder's body, not a {self.family}")
        if self.scale is not None:
            faults.append("masked-lm scores no passages, and so has no scale")
        if not self.text:
            faults.append("text names no file")
        return faults

    @property
    def score_scale(self) -> float:
        """Nothing is scored."""
        return 1.0
