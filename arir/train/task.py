"""What a method of training hands to the loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from arir.train.dev import DevSet
    from arir.train.student import Student

__all__ = ["Task"]


@dataclass(frozen=True)
class Task:
    """A student, its examples and its loss.

    Attributes:
        student: to be trained in place.
        objective: takes a batch and gives its loss; its parameters are trained.
        rows: how many examples there are.
        unit: what an example is, in the plural.
        collator: makes a batch of the numbers of some examples.
        facts: what the manifest, the card and the report say of the data.
        held_out: ids of the queries that were kept from training, sorted.
        dev: queries to measure the student on.
    """

    student: Student
    objective: torch.nn.Module
    rows: int
    unit: str
    collator: Callable[[Sequence[int]], dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)
    held_out: tuple[str, ...] = ()
    dev: DevSet | None = None
