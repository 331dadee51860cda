"""What a step on bitext minimises: a weighted sum of losses towards a frozen English teacher."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from arir.losses.embedding_mse import embedding_mse
from arir.losses.ipot import ipot
from arir.losses.maxsim import maxsim
from arir.losses.optimal_transport import Solver, optimal_transport_loss
from arir.losses.relational_kl import relational_kl
from arir.losses.sinkhorn import sinkhorn
from arir.train.config import BitextConfig
from arir.train.objectives import in_batch_contrast

__all__ = ["TokenObjective", "VectorObjective"]


class VectorObjective(torch.nn.Module):
    """The losses of a bi-encoder."""

    # transformers' trainer takes an attribute "config" for that of a model.

    def __init__(self, learner: Any, config: BitextConfig) -> None:
        super().__init__()
        self.learner = learner
        self.settings = config
        losses = {
            "embedding_mse": self._mse,
            "cosine_distance": self._cosine,
            "relational_kl": self._relational,
            "contrast": self._contrast,
        }
        self.losses = [
            (weight, losses[key]) for key, weight in config.loss_weights.items() if weight
        ]

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch."""
        vectors = self.learner.vectors(batch["groups"])
        sides = [vectors[batch["target"]]]
        if "source" in batch:
            sides.append(vectors[batch["source"]])
        return torch.stack([weight * loss(sides, batch) for weight, loss in self.losses]).sum()

    def _mse(self, sides: list[Tensor], batch: Mapping[str, Any]) -> Tensor:
        """A student of cosines has unit vectors, and so needs unit vectors to learn."""
        teacher = batch["teachers"][0]
        if self.learner.similarity == "cosine":
            teacher = torch.nn.functional.normalize(teacher, dim=-1)
        return embedding_mse(sides, teacher)

    def _cosine(self, sides: list[Tensor], batch: Mapping[str, Any]) -> Tensor:
        teacher = batch["teachers"][0]
        near = [torch.nn.functional.cosine_similarity(side, teacher, dim=-1) for side in sides]
        return 1 - torch.stack(near).mean()

    def _relational(self, sides: list[Tensor], batch: Mapping[str, Any]) -> Tensor:
        """Translations against their sources; without a source side, against each other."""
        if len(sides[0]) < 2:  # an epoch's last batch
            return 0.0 * sides[0].sum()
        teachers = torch.stack([_cosines(vectors, vectors) for vectors in batch["teachers"]])
        return relational_kl(
            _cosines(sides[0], sides[-1]),
            teachers,
            pooling=self.settings.pooling,
            student_temperature=self.settings.relational_temperature,
            teacher_temperature=self.settings.relational_temperature,
        )

    def _contrast(self, sides: list[Tensor], batch: Mapping[str, Any]) -> Tensor:
        """Each side finds the teacher's vector of its own sentence; the twin, its translation."""
        if not batch["teachers"]:
            pairs = [(sides[0], sides[-1])]
        else:
            pairs = [(side, batch["teachers"][0]) for side in sides]
        terms = [
            in_batch_contrast(
                _cosines(side, anchor),
                batch["false_negatives"],
                None,
                self.settings.temperature,
                symmetric=not batch["teachers"],
            )
            for side, anchor in pairs
        ]
        return torch.stack(terms).mean()


class TokenObjective(torch.nn.Module):
    """The losses of a late-interaction student: optimal transport, and contrast by MaxSim.

    Args:
        source_weights: weight of each piece of the teacher's vocabulary; ``None`` is uniform.
        target_weights: of the student's.
    """

    source_weights: Tensor | None
    target_weights: Tensor | None

    def __init__(
        self,
        learner: Any,
        config: BitextConfig,
        source_weights: Tensor | None = None,
        target_weights: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.learner = learner
        self.settings = config
        self.register_buffer("source_weights", source_weights, persistent=False)
        self.register_buffer("target_weights", target_weights, persistent=False)
        self.solver = _solver(config)

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch."""
        vectors, mask = self.learner.token_vectors(batch["groups"])
        terms = []
        if self.settings.transport:
            ids = _stacked_ids(batch["groups"], mask.shape[1])
            sides = [batch["target"], *([batch["source"]] if "source" in batch else [])]
            costs = [self._transport(vectors[s], mask[s], ids[s], batch["tokens"]) for s in sides]
            terms.append(self.settings.transport * torch.stack(costs).mean())
        if self.settings.contrast:
            terms.append(self.settings.contrast * self._contrast(vectors, mask, batch))
        return torch.stack(terms).sum()

    def _transport(
        self, vectors: Tensor, mask: Tensor, ids: Tensor, tokens: tuple[Tensor, Tensor, Tensor]
    ) -> Tensor:
        teacher, teacher_mask, teacher_ids = tokens
        return optimal_transport_loss(
            teacher,
            vectors,
            teacher_mask,
            mask,
            source_weights=_looked_up(self.source_weights, teacher_ids),
            target_weights=_looked_up(self.target_weights, ids),
            solver=self.solver,
            differentiate=self.settings.differentiate_plan,
        )

    def _contrast(self, vectors: Tensor, mask: Tensor, batch: Mapping[str, Any]) -> Tensor:
        """Each side finds the teacher's vectors of its sentence; the twin's find each other.

        The score is the mean MaxSim of a token, so that the temperature means the same at any
        length.
        """
        sides = [batch["target"], *([batch["source"]] if "source" in batch else [])]
        own = [(vectors[side], mask[side]) for side in sides]
        anchors = [batch["tokens"][:2]] * len(own) if "tokens" in batch else own[::-1]
        same = batch["false_negatives"]
        terms = [
            in_batch_contrast(_token_means(*queries, *found), same, None, self.settings.temperature)
            for queries, found in zip(own, anchors, strict=True)
        ]
        return torch.stack(terms).mean()


def _token_means(queries: Tensor, mask: Tensor, others: Tensor, other_mask: Tensor) -> Tensor:
    """The mean over a query's tokens of the best cosine; shape (B, B)."""
    tokens = mask.sum(dim=1, keepdim=True).clamp(min=1)
    return maxsim(queries, others, mask, other_mask) / tokens


def _solver(config: BitextConfig) -> Solver:
    """The solver with what is set of it; the rest is its own to choose."""
    ipots: dict[str, Any] = {"steps": config.solver_steps, "beta": config.beta}
    sinkhorns: dict[str, Any] = {"iterations": config.solver_steps, "epsilon": config.epsilon}
    solver, settings = (ipot, ipots) if config.solver == "ipot" else (sinkhorn, sinkhorns)
    return partial(solver, **{key: value for key, value in settings.items() if value is not None})


def _looked_up(weights: Tensor | None, ids: Tensor) -> Tensor | None:
    return None if weights is None else weights[ids]


def _cosines(left: Tensor, right: Tensor) -> Tensor:
    normalize = torch.nn.functional.normalize
    return normalize(left, dim=-1) @ normalize(right, dim=-1).T


def _stacked_ids(groups: Any, width: int) -> Tensor:
    """The token ids of all groups, one after the other, padded with zeros; shape (texts, width)."""
    ids = [features["input_ids"] for _, features in groups]
    return torch.cat([torch.nn.functional.pad(part, (0, width - part.shape[1])) for part in ids])
