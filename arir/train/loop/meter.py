"""The clock of a training, and the mean loss since the last entry of its log."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
from torch import Tensor

from arir.train.loop.log import LogEntry

__all__ = ["Meter"]


@dataclass(frozen=True)
class Reading:
    """What happened since the last entry.

    Attributes:
        loss: the mean over its steps, in this process.
        seconds: since the start of the training, those of interrupted attempts included.
        rate: steps a second; time spent on dev and on checkpoints does not count.
    """

    loss: Tensor
    seconds: float
    rate: float


class Meter:
    """Sums losses on their device, since asking for each would make a GPU wait for the CPU.

    Args:
        last: the last entry of an interrupted attempt, where the clock goes on.
    """

    def __init__(self, last: LogEntry | None = None) -> None:
        self._step = last.step if last else 0
        self._lap = time.perf_counter()
        self._began = self._lap - (last.seconds if last else 0.0)
        self._away = 0.0
        self._total: Tensor | float = 0.0

    def add(self, loss: Tensor) -> None:
        """Add the loss of a micro-batch, as a share of its step's."""
        self._total = self._total + loss.detach()

    def leave_out(self, seconds: float) -> None:
        """Time in which there was no training."""
        self._away += seconds

    def read(self, step: int) -> Reading:
        """What happened up to a step; then it starts anew."""
        now, steps = time.perf_counter(), step - self._step
        busy = max(now - self._lap - self._away, 1e-9)
        reading = Reading(torch.as_tensor(self._total) / steps, now - self._began, steps / busy)
        self._step, self._lap, self._away, self._total = step, now, 0.0, 0.0
        return reading
