"""Settings of ``method: bitext``: an English teacher's vectors, learned on translated sentences."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.train.config.common import Paths, StudentConfig

__all__ = ["BitextConfig"]

#: option of each loss's weight -> the families that have it
LOSSES = {
    "embedding_mse": ("bi-encoder",),
    "cosine_distance": ("bi-encoder",),
    "relational_kl": ("bi-encoder",),
    "contrast": ("bi-encoder", "late-interaction"),
    "transport": ("late-interaction",),
}


@configuration
class BitextConfig(StudentConfig):
    """Distil a student on translated sentences: it learns the vectors of a frozen English teacher.

    The losses are weighted and added. embedding-mse: the teacher's vector for source and
    translation (Reimers and Gurevych). relational-kl: the teacher's similarities within a batch
    (C2KD). contrast: each sentence finds its own teacher's vector in the batch. transport: optimal
    transport between the teacher's token vectors and the student's (OPTICAL). With --labels hard
    there is no teacher, and translations find each other in the batch.
    """

    method: Literal["bitext"] = option("How to train", default="bitext")
    bitext: Paths = option(
        "TSV of English and translation, gzip too; may be given several times", metavar="FILE"
    )
    lexicon: Paths | None = option(
        "TSV of English words and names and their translations: further pairs, one translation of"
        " each entry, drawn with the seed, whatever its length; may be given several times",
        default=None,
        metavar="FILE",
    )
    teacher: Paths | None = option(
        "Folder of the English teacher, a bi-encoder or a late-interaction model; of several"
        " bi-encoders the similarities are pooled",
        default=None,
        metavar="DIR",
    )
    teacher_cache: Path | None = option(
        "Folder where a bi-encoder teacher's vectors are kept for further trainings",
        default=None,
        metavar="DIR",
    )
    labels: Literal["teacher", "hard"] = option(
        "Learn the teacher's vectors, or which sentences translate each other", default="teacher"
    )
    embedding_mse: float = option("Weight of embedding distillation", default=0.0, at_least=0)
    cosine_distance: float = option("Weight of 1 - cosine", default=0.0, at_least=0)
    relational_kl: float = option("Weight of relational distillation", default=0.0, at_least=0)
    contrast: float = option("Weight of in-batch contrast", default=0.0, at_least=0)
    transport: float = option("Weight of optimal transport", default=0.0, at_least=0)
    temperature: float = option("Divides similarities in contrast", default=0.05, more_than=0)
    relational_temperature: float = option(
        "Divides similarities in relational-kl", default=0.1, more_than=0
    )
    pooling: Literal["mean", "max", "min"] = option(
        "How several teachers' similarities become one", default="mean"
    )
    solver: Literal["ipot", "sinkhorn"] = option("Of the transport plan", default="ipot")
    solver_steps: int | None = option(
        "Most iterations of the solver; by default 50 of ipot, 200 of sinkhorn",
        default=None,
        at_least=1,
    )
    beta: float | None = option(
        "Step size of ipot: larger is steadier and slower; 0.5", default=None, at_least=0.05
    )
    epsilon: float | None = option(
        "Entropy of sinkhorn's plan, in units of the cost; 0.05", default=None, more_than=0
    )
    marginals: Literal["uniform", "idf"] = option("Mass of a token in transport", default="uniform")
    differentiate_plan: bool = option("Let gradients flow through the solver too", default=False)
    source: bool = option(
        "Also train on the English side, so that the student reads both languages", default=True
    )
    projection: bool = option(
        "Put a linear layer on a student whose vectors are of another length than the teacher's",
        default=False,
    )
    min_chars: int = option("Leave out shorter sentences", default=1, at_least=0)
    max_chars: int | None = option("Leave out longer sentences", default=None, at_least=1)
    max_pairs: int | None = option("Use this many pairs, drawn evenly", default=None, at_least=1)
    batch_size: int = option("Pairs in a batch", default=64, at_least=1)
    accumulation: int = option("Batches in an optimiser step", default=1, at_least=1)
    similarity: Literal["dot", "cosine"] = option(
        "How a bi-encoder scores, in training and in search", default="cosine"
    )

    def contradictions(self) -> list[str]:
        """What the settings say against each other, a sentence each."""
        faults = super().contradictions()
        if not self.bitext:
            faults.append("bitext names no file")
        if not self.used:
            faults.append(f"give a weight to one of {', '.join(map(_flag, LOSSES))}")
        if self.labels == "teacher" and not self.teacher:
            faults.append("labels teacher needs a teacher")
        taught = [_flag(key) for key in self.used if key != "contrast"]
        if self.labels == "hard" and taught:
            faults.append(f"{' and '.join(taught)} need a teacher; hard labels have contrast alone")
        strange = [key for key in self.used if self.family not in {None, *LOSSES[key]}]
        if strange:
            faults.append(f"a {self.family} has no {' and no '.join(map(_flag, strange))}")
        if self.teacher and len(self.teacher) > 1 and set(self.used) - {"relational_kl"}:
            faults.append("several teachers are for relational-kl alone")
        if self.scale is not None:
            faults.append("bitext has temperatures in place of a scale")
        if self.beta is not None and self.solver != "ipot":
            faults.append("beta is a setting of solver ipot")
        if self.epsilon is not None and self.solver != "sinkhorn":
            faults.append("epsilon is a setting of solver sinkhorn")
        if self.batch_size == 1 and (self.relational_kl or self.contrast):
            faults.append("relational-kl and contrast need a batch-size of 2 or more")
        return faults

    @property
    def score_scale(self) -> float:
        """Vectors are compared as they are, and temperatures scale what is contrasted."""
        return 1.0

    @property
    def loss_weights(self) -> dict[str, float]:
        """The weight of each loss."""
        return {key: getattr(self, key) for key in LOSSES}

    @property
    def used(self) -> list[str]:
        """The losses that have a weight."""
        return [key for key, weight in self.loss_weights.items() if weight]


def _flag(key: str) -> str:
    return key.replace("_", "-")
