"""The training log: an entry for every interval and every measurement on dev."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

__all__ = [
    "LogEntry",
    "LogWriter",
    "NoWriter",
    "as_entry",
    "as_record",
    "best_step",
    "measurements",
    "open_writer",
]


@dataclass(frozen=True)
class LogEntry:
    """One line of ``training/log.jsonl``.

    Attributes:
        step: optimiser steps so far.
        loss: the mean since the last entry.
        lr: the learning rate.
        seconds: since the start, those of interrupted attempts included.
        rate: examples a second since the last entry, without the time for dev and checkpoints.
        dev: the dev measure, where it was taken at this step.
    """

    step: int
    loss: float
    lr: float
    seconds: float
    rate: float = 0.0
    dev: float | None = None


def as_entry(record: Mapping[str, Any]) -> LogEntry:
    """The entry that a record was made of."""
    return LogEntry(**record)


def as_record(entry: LogEntry) -> dict[str, Any]:
    """An entry without what it does not have."""
    return {key: value for key, value in asdict(entry).items() if value is not None}


def measurements(records: Iterable[Mapping[str, Any]]) -> dict[int, float]:
    """Step to dev measure.

    >>> measurements([{"step": 1, "loss": 0.5}, {"step": 1, "dev": 0.25}])
    {1: 0.25}
    """
    return {record["step"]: record["dev"] for record in records if "dev" in record}


def best_step(measured: Mapping[int, float]) -> int | None:
    """The step with the greatest dev measure, the first of several; ``None`` without any.

    >>> best_step({10: 0.25, 20: 0.5, 30: 0.5})
    20
    """
    return max(measured, key=measured.__getitem__) if measured else None


class LogWriter(Protocol):
    """Where else a log goes, such as TensorBoard."""

    def add_scalar(self, tag: str, value: float, step: int, /) -> object:
        """Note one value."""

    def close(self) -> object:
        """Write what is still held back."""


class NoWriter:
    """Stands in where TensorBoard is not installed."""

    def add_scalar(self, tag: str, value: float, step: int, /) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""


def open_writer(folder: Path, step: int = 0) -> LogWriter:
    """TensorBoard's writer, where it is installed.

    Args:
        step: where the training goes on; what a killed attempt noted of later steps is not shown.
    """
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        return NoWriter()
    writer: LogWriter = SummaryWriter(str(folder), purge_step=step + 1 if step else None)
    return writer
