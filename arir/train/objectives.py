"""What a step minimises: a student's scores of a batch, and a loss on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from arir.losses.info_nce import info_nce
from arir.losses.listwise_kl import listwise_kl

__all__ = [
    "ContrastObjective",
    "ListObjective",
    "TwoViewsObjective",
    "in_batch_contrast",
]

#: the loss of student scores and labels, both of shape (B, n)
Kernel = Callable[[Tensor, Tensor], Tensor]


class ListObjective(torch.nn.Module):
    """A kernel on each query's own passages.

    Args:
        in_batch_weight: of a contrast of each list's first passage with all others of the batch.
    """

    def __init__(self, learner: Any, kernel: Kernel, in_batch_weight: float = 0.0) -> None:
        super().__init__()
        self.learner = learner
        self.kernel = kernel
        self.in_batch_weight = in_batch_weight

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch."""
        if not self.in_batch_weight:
            return self.kernel(self.learner.list_scores(batch), batch["labels"])
        own, everyone = self.learner.in_batch_scores(batch)
        contrast = in_batch_contrast(
            everyone, batch["false_negatives"], batch["positives"], temperature=1.0
        )
        return self.kernel(own, batch["labels"]) + self.in_batch_weight * contrast


class ContrastObjective(torch.nn.Module):
    """InfoNCE of each query's first passage against all passages of the batch."""

    def __init__(self, learner: Any, temperature: float, symmetric: bool = False) -> None:
        super().__init__()
        self.learner = learner
        self.temperature = temperature
        self.symmetric = symmetric

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch."""
        _, everyone = self.learner.in_batch_scores(batch)
        return in_batch_contrast(
            everyone,
            batch["false_negatives"],
            batch["positives"],
            self.temperature,
            symmetric=self.symmetric,
        )


class TwoViewsObjective(torch.nn.Module):
    """InfoNCE of a bi-encoder's single vectors and of its token vectors, which teach each other.

    With the similarities ``S`` of the single vectors, ``M`` the mean over a query's tokens of the
    best cosine with a passage's, and the contrast ``C`` at the temperature T::

        L = C(S) + token_contrast * C(M) + self_distil * KL(softmax((S + M) / 2T) || softmax(S / T))

    No gradient flows into the mean of both, which knows more than the single vectors do.

    Reference:
        Chen et al., "BGE M3-Embedding", 2024 (arXiv 2402.03216), sections 3.2 and 3.3, without the
        learned term weights; only the single vectors learn from the mean here.
    """

    def __init__(
        self, learner: Any, temperature: float, token_contrast: float, self_distil: float
    ) -> None:
        super().__init__()
        self.learner = learner
        self.temperature = temperature
        self.token_contrast = token_contrast
        self.self_distil = self_distil

    def forward(self, batch: Mapping[str, Any]) -> Tensor:
        """The loss of a batch."""
        single, tokens = self.learner.two_views(batch)
        false_negatives = batch["false_negatives"]
        losses = [
            in_batch_contrast(view, false_negatives, batch["positives"], self.temperature)
            for view in (single, tokens)
        ]
        loss = losses[0] + self.token_contrast * losses[1]
        if not self.self_distil or single.shape[1] < 2:
            return loss
        teacher = (single + tokens).detach() / 2
        return loss + self.self_distil * listwise_kl(
            single,
            teacher,
            ~false_negatives,
            student_temperature=self.temperature,
            teacher_temperature=self.temperature,
        )


def in_batch_contrast(
    scores: Tensor,
    false_negatives: Tensor,
    positives: Tensor | None,
    temperature: float,
    *,
    symmetric: bool = False,
) -> Tensor:
    """InfoNCE of a batch; zero where an epoch's last batch holds one passage alone."""
    if scores.shape[1] < 2:
        return 0.0 * scores.sum()
    return info_nce(
        scores,
        false_negatives=false_negatives,
        positives=positives,
        temperature=temperature,
        symmetric=symmetric,
    )
