"""The training loop of bi-encoders: sentence-transformers' trainer over de-duplicated batches."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from numpy.typing import NDArray
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from torch import Tensor
from transformers import PrinterCallback, TrainerCallback

from arir.errors import DependencyError, ModelError
from arir.models.batching import Features
from arir.models.bi_encoder.batches import TripletCollator
from arir.progress import Bar, progress_bar

__all__ = ["LogEntry", "Optimisation", "TripletLoss", "fit", "total_steps"]

#: one of the kernels of :mod:`arir.models.bi_encoder.losses`
Kernel = Callable[[Tensor, Tensor, Tensor], Tensor]
#: entries of a training log, whatever the number of steps
LOG_ENTRIES = 200


@dataclass(frozen=True)
class Optimisation:
    """How a student is optimised: AdamW with linear warm-up and decay, gradients clipped to 1.

    Attributes:
        epochs: passes over the triples, unless ``steps`` says otherwise.
        steps: optimiser steps, where given.
        batch_size: triples of a forward and backward pass (micro-batch).
        accumulation: micro-batches of an optimiser step.
        warmup_ratio: share of the steps in which the learning rate rises from zero.
        precision: ``bf16`` and ``fp16`` are automatic mixed precision; ``fp16`` needs a GPU.
        seed: of the order of the triples and of dropout.
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


@dataclass(frozen=True)
class LogEntry:
    """The mean loss since the last entry, the learning rate, and the seconds since the start."""

    step: int
    loss: float
    lr: float
    seconds: float


def total_steps(triples: int, optimisation: Optimisation) -> int:
    """The optimiser steps of a training on so many triples; an epoch's last step may be a part."""
    if optimisation.steps is not None:
        return optimisation.steps
    batches = math.ceil(triples / optimisation.batch_size)
    return math.ceil(optimisation.epochs * math.ceil(batches / optimisation.accumulation))


class TripletLoss(torch.nn.Module):
    """Encode the groups of a batch, score its triples and apply a kernel.

    The student's scores are ``scale * <q, p>`` or ``scale * cos(q, p)``; labels must be on that
    scale. Scores and loss are computed in single precision whatever the student's.
    """

    def __init__(
        self,
        model: SentenceTransformer,
        kernel: Kernel,
        similarity: Literal["dot", "cosine"] = "dot",
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.model = model
        self.kernel = kernel
        self.similarity = similarity
        self.scale = scale

    def forward(self, groups: list[Features], targets: tuple[Tensor, Tensor]) -> Tensor:
        """The loss of a batch; ``targets`` are the collator's places and labels."""
        places, labels = targets
        vectors = torch.cat([self.model(group)["sentence_embedding"].float() for group in groups])
        if self.similarity == "cosine":
            vectors = torch.nn.functional.normalize(vectors, dim=-1)
        query, positive, negative = vectors[places].unbind(dim=1)
        return self.kernel(
            self.scale * (query * positive).sum(dim=-1),
            self.scale * (query * negative).sum(dim=-1),
            labels,
        )


def fit(
    loss: TripletLoss,
    triples: dict[str, NDArray[Any]],
    collator: TripletCollator,
    optimisation: Optimisation,
    scratch: Path,
) -> list[LogEntry]:
    """Train the student of ``loss`` in place, on the device that it lies on.

    On a CPU, two trainings with the same arguments, versions and number of threads give the same
    weights bit for bit.

    Args:
        loss: the student with its loss.
        triples: columns ``query``, ``positive``, ``negative`` (numbers of the collator's texts) and
            ``label`` (margins on the scale of the student's scores), each of shape (N,).
        collator: makes batches of rows.
        optimisation: the settings.
        scratch: a folder that the trainer may write to.

    Raises:
        ModelError: where the loss is no longer finite.
        DependencyError: where the device has too little memory for a batch.
    """
    from datasets import Dataset

    steps = total_steps(len(triples["label"]), optimisation)
    entries: list[LogEntry] = []
    with _memory_errors(optimisation), progress_bar("train", total=steps, unit="step") as bar:
        trainer = _Trainer(
            model=loss.model,
            args=_arguments(optimisation, steps, scratch, loss.model.device),
            train_dataset=Dataset.from_dict(triples),
            loss=loss,
            data_collator=collator,  # type: ignore[arg-type]  # the trainer only calls it
            callbacks=[_Tick(bar)],
        )
        trainer.watch(entries, bar)
        trainer.train()
    return entries


class _Trainer(SentenceTransformerTrainer):
    """sentence-transformers' trainer without its model card, its hub look-ups and its prints."""

    def watch(self, entries: list[LogEntry], bar: Bar) -> None:
        """Write the log to ``entries``, and the loss behind the bar."""
        self.remove_callback(PrinterCallback)
        self._entries, self._bar = entries, bar
        self._started, self._logged = time.perf_counter(), 0
        self._sum: Tensor | float = 0.0

    def add_model_card_callback(self, default_args_dict: dict[str, Any]) -> None:
        """Do without: it may ask the hub, and arir writes a card of its own."""

    def collect_features(  # type: ignore[override]  # labels come with their places
        self, inputs: dict[str, Any]
    ) -> tuple[list[Features], tuple[Tensor, Tensor]]:
        """The parts of a batch that :class:`TripletLoss` takes."""
        return inputs["groups"], (inputs["places"], inputs["label"])

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """Sum the losses on the device; asking for each would make a GPU wait for the CPU."""
        loss: Tensor = super().training_step(*args, **kwargs)
        self._sum = self._sum + loss.detach()
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:  # noqa: ARG002
        """Note the mean loss since the last entry; the parent class rounds it in some versions."""
        if "loss" not in logs:
            return
        step = self.state.global_step
        loss = float(self._sum) / (step - self._logged)
        self._sum, self._logged = 0.0, step
        if not math.isfinite(loss):
            raise ModelError(
                f"the loss became {loss} by step {step}",
                fix="lower --learning-rate, raise --warmup-ratio, or use --precision fp32",
            )
        seconds = round(time.perf_counter() - self._started, 3)
        self._entries.append(LogEntry(step, loss, float(logs["learning_rate"]), seconds))
        self._bar.set_postfix_str(f"loss {loss:.4g}")


class _Tick(TrainerCallback):
    """Move the bar by one at every step."""

    def __init__(self, bar: Bar) -> None:
        self.bar = bar

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.bar.update()


class _Arguments(SentenceTransformerTrainingArguments):
    """Arguments that never wrap the student in ``DataParallel``, which cannot split our batches."""

    @property
    def n_gpu(self) -> int:
        """One device for each process."""
        return 1


def _arguments(
    optimisation: Optimisation, steps: int, scratch: Path, device: torch.device
) -> _Arguments:
    return _Arguments(
        output_dir=str(scratch),
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
        save_strategy="no",
    )


@contextmanager
def _memory_errors(optimisation: Optimisation) -> Iterator[None]:
    try:
        yield
    except torch.OutOfMemoryError:
        raise DependencyError(
            f"the device has too little memory for {optimisation.batch_size} triples at a time",
            fix="lower --batch-size (raise --accumulation as much) or --passage-length",
        ) from None
