"""How a student is optimised, and what that makes of transformers' arguments."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from transformers import TrainingArguments

from arir.train.config import StudentConfig

__all__ = ["Optimisation", "make_arguments", "optimisation_of", "total_steps"]

#: entries of a training log, whatever the number of steps
LOG_ENTRIES = 200


@dataclass(frozen=True)
class Optimisation:
    """AdamW with linear warm-up and decay, gradients clipped to 1.

    Attributes:
        epochs: passes over the examples, unless ``steps`` says otherwise.
        steps: optimiser steps, where given.
        batch_size: examples of a forward and backward pass (micro-batch).
        accumulation: micro-batches of an optimiser step.
        warmup_ratio: share of the steps in which the learning rate rises from zero.
        precision: ``bf16`` and ``fp16`` are automatic mixed precision; ``fp16`` needs a GPU.
        seed: of the order of the examples and of dropout.
        checkpoint_every: steps between checkpoints.
        evaluate_every: steps between measurements on dev; ``None`` without a dev set.
        patience: measurements without a better one before the training stops.
    """

    epochs: float
    steps: int | None
    batch_size: int
    accumulation: int
    learning_rate: float
    warmup_ratio: float
    weight_decay: float
    precision: Literal["fp32", "bf16", "fp16"]
    seed: int
    checkpoint_every: int = 500
    evaluate_every: int | None = None
    patience: int | None = None


def optimisation_of(config: StudentConfig) -> Optimisation:
    """The part of the settings that the loop needs."""
    return Optimisation(
        epochs=config.epochs,
        steps=config.steps,
        batch_size=config.batch_size,
        accumulation=config.accumulation,
        learning_rate=config.learning_rate,
        warmup_ratio=config.warmup_ratio,
        weight_decay=config.weight_decay,
        precision=config.precision,
        seed=config.seed,
        checkpoint_every=config.checkpoint_every,
        evaluate_every=config.evaluate_every if config.has_dev else None,
        patience=config.patience,
    )


def total_steps(rows: int, optimisation: Optimisation, processes: int = 1) -> int:
    """The optimiser steps of a training on so many examples; an epoch's last step may be a part."""
    if optimisation.steps is not None:
        return optimisation.steps
    batches = math.ceil(rows / (optimisation.batch_size * processes))
    return math.ceil(optimisation.epochs * math.ceil(batches / optimisation.accumulation))


class _Arguments(TrainingArguments):
    """Arguments that never wrap the student in ``DataParallel``, which cannot split our batches."""

    @property
    def n_gpu(self) -> int:
        """One device for each process."""
        return 1


def make_arguments(
    optimisation: Optimisation, steps: int, folder: Path, device: torch.device
) -> TrainingArguments:
    """The arguments of transformers' trainer.

    Args:
        folder: where checkpoints go.
    """
    dev = optimisation.evaluate_every
    return _Arguments(
        output_dir=str(folder),
        max_steps=steps,
        per_device_train_batch_size=optimisation.batch_size,
        gradient_accumulation_steps=optimisation.accumulation,
        learning_rate=optimisation.learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=math.ceil(optimisation.warmup_ratio * steps),
        weight_decay=optimisation.weight_decay,
        bf16=optimisation.precision == "bf16",
        fp16=optimisation.precision == "fp16",
        use_cpu=device.type == "cpu",
        seed=optimisation.seed,
        logging_steps=math.ceil(steps / LOG_ENTRIES),
        dataloader_pin_memory=device.type == "cuda",
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=False,
        ddp_find_unused_parameters=False,
        save_strategy="steps",
        save_steps=optimisation.checkpoint_every,
        eval_strategy="no" if dev is None else "steps",
        eval_steps=dev,
    )
