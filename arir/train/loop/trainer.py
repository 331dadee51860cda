"""The training loop: one for all methods and families, with an exact log and exact resume."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import send_to_device
from torch.utils.data import Dataset

from arir.errors import DependencyError
from arir.processes import is_main_process, process_count
from arir.progress import progress_bar
from arir.train.loop.checkpoints import last_checkpoint
from arir.train.loop.engine import ObjectiveTrainer
from arir.train.loop.log import LogEntry, NoWriter, open_writer
from arir.train.loop.optimisation import Optimisation, make_arguments, total_steps

__all__ = ["fit"]

#: turns the numbers of a batch's examples into what an objective takes
Collator = Callable[[Sequence[int]], dict[str, Any]]


def fit(
    objective: torch.nn.Module,
    rows: int,
    collator: Collator,
    optimisation: Optimisation,
    folder: Path,
    dev: Callable[[], float] | None = None,
) -> list[LogEntry]:
    """Train the student of ``objective`` in place, on the device that it lies on.

    On a CPU, two trainings with the same arguments, versions and number of threads give the same
    weights bit for bit, also where one of them was killed and went on from a checkpoint. With a dev
    set, the weights of the best measurement are kept in the end.

    Under ``torchrun`` each of P processes, on one machine or on several that share ``folder``,
    learns from a micro-batch of its own, and the gradients are averaged: a step sees P times the
    examples. What a loss takes from the batch, such as in-batch negatives or the L1 norm of
    margins, it takes from its own process's. The last batches of an epoch are filled up with
    examples from its beginning where the processes would get uneven shares.

    Args:
        objective: takes a batch and gives its loss.
        rows: the number of examples.
        collator: makes a batch of the numbers of some examples.
        optimisation: the settings.
        folder: for checkpoints; where it holds some already, training goes on from the last.
        dev: measures the student as it stands; greater is better.

    Raises:
        ModelError: where the loss is no longer finite, or the last checkpoint is damaged.
        DependencyError: where the device has too little memory for a batch.
    """
    checkpoint = last_checkpoint(folder)
    with _memory_errors(optimisation):
        trainer = _trainer(objective, rows, collator, optimisation, folder)
        trainer.dev, trainer.patience = dev, optimisation.patience
        began = int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0
        main = is_main_process()
        writer = open_writer(folder / "tensorboard", began) if main else NoWriter()
        with (
            closing(writer),
            progress_bar("train", total=trainer.args.max_steps, unit="step") as bar,
        ):
            trainer.watch(bar, writer)
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        trainer.load_best()
    return trainer.entries()


def _trainer(
    objective: torch.nn.Module,
    rows: int,
    collator: Collator,
    optimisation: Optimisation,
    folder: Path,
) -> ObjectiveTrainer:
    device = next(objective.parameters()).device
    steps = total_steps(rows, optimisation, process_count())
    if process_count() > 1:
        _freeze_unused(objective, collator(range(min(rows, optimisation.batch_size))), device)
    return ObjectiveTrainer(
        model=objective,
        args=make_arguments(optimisation, steps, folder, device),
        train_dataset=_Numbers(rows),
        eval_dataset=_Numbers(1) if optimisation.evaluate_every else None,
        data_collator=collator,
    )


def _freeze_unused(objective: torch.nn.Module, batch: dict[str, Any], device: torch.device) -> None:
    """Freeze what the loss does not depend on, such as a body's unused pooler.

    DistributedDataParallel would wait for its gradients, or have to look for them at every step.
    """
    objective(send_to_device(batch, device)).backward()
    for parameter in objective.parameters():
        if parameter.grad is None:
            parameter.requires_grad = False
    objective.zero_grad()


class _Numbers(Dataset[int]):
    """The examples by number: their columns stay where they are, and batches are cut from them."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> int:
        return row


@contextmanager
def _memory_errors(optimisation: Optimisation) -> Iterator[None]:
    """Say which setting to lower where a batch does not fit.

    PyTorch has an error of its own for GPUs; on a CPU its allocator raises a RuntimeError.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
        lacking = isinstance(error, torch.OutOfMemoryError | MemoryError)
        if not lacking and "can't allocate memory" not in str(error):
            raise
        raise DependencyError(
            f"the device has too little memory for {optimisation.batch_size} examples at a time",
            fix="lower --batch-size (raise --accumulation as much) or --passage-length,"
            " or use --recompute",
        ) from None
