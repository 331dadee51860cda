"""The two ways to train a case: arir's loop and the trainers of sentence-transformers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from sentence_transformers.base.sampler import DefaultBatchSampler
from torch.utils.data import SequentialSampler
from transformers import PrinterCallback, TrainerCallback

from arir.train.loop.optimisation import Optimisation
from arir.train.loop.trainer import fit
from bench.train_step.case import Case, Collator, Outcome, Precision, TokenCount

RATE = 1e-5


class _Clock(TrainerCallback):
    """Seconds since the first batch was asked for; a GPU's queue is waited for."""

    def __init__(self) -> None:
        self.started = 0.0

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self.start()

    def start(self) -> None:
        self.started = self.started or time.perf_counter()

    def read(self) -> float:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        return time.perf_counter() - self.started


class _Noting:
    """A collator that starts the clock and notes the order of the examples."""

    def __init__(self, collator: Collator, clock: _Clock) -> None:
        self.collator = collator
        self.clock = clock
        self.order: list[int] = []

    def __call__(self, rows: Sequence[int]) -> dict[str, Any]:
        self.clock.start()
        self.order += rows
        return self.collator(list(rows))


def train_arir(case: Case, precision: Precision) -> tuple[Outcome, list[int]]:
    """Train by arir's loop; also gives the order in which it drew the examples."""
    learner = case.arir()
    count = TokenCount(learner)
    started = time.perf_counter()
    objective, collator = case.prepare(learner)
    tokenising = time.perf_counter() - started
    clock = _Clock()
    noting = _Noting(collator, clock)
    settings = Optimisation(1, None, case.batch, 1, RATE, 0.0, 0.0, precision, 0)
    with tempfile.TemporaryDirectory() as scratch:
        log = fit(objective, case.rows, noting, settings, Path(scratch))
        seconds = tokenising + clock.read()
    loss = sum(entry.loss for entry in log) / len(log)
    return _outcome(case, seconds, loss, count), noting.order


def train_plain(case: Case, precision: Precision, order: list[int]) -> Outcome:
    """Train by sentence-transformers on the same batches."""
    model = case.plain()
    # Else its card makes examples of its own, behind a bar.
    model.model_card_data.widget = [{}]
    count, clock = TokenCount(model), _Clock()
    columns = {name: [values[row] for row in order] for name, values in case.columns.items()}
    trainer_class, arguments_class = case.trainer
    with tempfile.TemporaryDirectory() as scratch:
        trainer = trainer_class(
            model=model,
            args=arguments_class(
                output_dir=scratch,
                num_train_epochs=1,
                per_device_train_batch_size=case.batch,
                learning_rate=RATE,
                bf16=precision == "bf16",
                use_cpu=model.device.type == "cpu",
                seed=0,
                batch_sampler=_in_order,
                disable_tqdm=True,
                report_to="none",
                save_strategy="no",
                dataloader_pin_memory=model.device.type == "cuda",
            ),
            train_dataset=Dataset.from_dict(columns),
            loss=case.loss(model),
            callbacks=[clock],
        )
        trainer.remove_callback(PrinterCallback)
        loss = float(trainer.train().training_loss)
        return _outcome(case, clock.read(), loss, count)


def _in_order(dataset: Any, **settings: Any) -> DefaultBatchSampler:
    sampler = DefaultBatchSampler(dataset, **settings)
    sampler.sampler = SequentialSampler(dataset)
    return sampler


def _outcome(case: Case, seconds: float, loss: float, count: TokenCount) -> Outcome:
    steps = -(-case.rows // case.batch)
    return Outcome(
        rate=case.rows / seconds,
        loss=loss,
        tokens=count.tokens / case.computed / seconds,
        passes=count.passes / steps,
        padding=count.padding,
    )
