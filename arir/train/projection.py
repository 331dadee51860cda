"""Bring a student's vectors to the length of the teacher's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

__all__ = ["dimension_of", "project"]


def dimension_of(teacher: Path) -> int:
    """The length of a teacher's vectors, or of its token vectors."""
    from arir.models.loading import load_encoder
    from arir.models.registry import find_model

    spec = find_model(teacher)
    if spec.family != "late-interaction":
        return load_encoder(teacher, device="cpu", precision="fp32").dimension
    from arir.models.hub import fetch_model
    from arir.models.late_interaction.learner import LateInteractionLearner
    from arir.models.late_interaction.model import open_late_interaction

    model = open_late_interaction(spec, fetch_model(spec), torch.device("cpu"))
    return LateInteractionLearner(model).dimension


def project(learner: Any, dimension: int, seed: int) -> None:
    """Put a linear layer behind the pooling of a bi-encoder; it is trained and saved with it."""
    from sentence_transformers.base.modules import Dense, Normalize

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layer = Dense(
            learner.dimension, dimension, bias=False, activation_function=torch.nn.Identity()
        )
    model = learner.model
    places = [at for at, module in enumerate(model) if isinstance(module, Normalize)]
    device = next(learner.parameters()).device
    model.insert(places[-1] if places else len(model), layer.to(device))
