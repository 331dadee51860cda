"""The training loop: transformers' trainer over any objective, with an exact log and resume."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import EarlyStoppingCallback, PrinterCallback, Trainer, TrainerCallback

from arir.errors import DependencyError, ModelError
from arir.progress import Bar, progress_bar
from arir.train.loop.checkpoints import last_checkpoint
from arir.train.loop.log import LogEntry, LogWriter, as_entry, as_record, open_writer
from arir.train.loop.optimisation import Optimisation, make_arguments, total_steps

__all__ = ["fit"]

WEIGHTS = "model.safetensors"
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
    device = next(objective.parameters()).device
    checkpoint = last_checkpoint(folder)
    with _memory_errors(optimisation):
        trainer = _trainer(objective, rows, collator, optimisation, folder, device)
        trainer.dev = dev
        steps = trainer.args.max_steps
        with progress_bar("train", total=steps, unit="step") as bar:
            trainer.watch(bar, open_writer(folder / "tensorboard"))
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    return trainer.entries()


def _trainer(
    objective: torch.nn.Module,
    rows: int,
    collator: Collator,
    optimisation: Optimisation,
    folder: Path,
    device: torch.device,
) -> _Trainer:
    arguments = make_arguments(optimisation, 1, folder, device)
    arguments = make_arguments(
        optimisation, total_steps(rows, optimisation, arguments.world_size), folder, device
    )
    callbacks: list[TrainerCallback] = []
    if optimisation.patience is not None:
        callbacks.append(EarlyStoppingCallback(optimisation.patience))
    return _Trainer(
        model=objective,
        args=arguments,
        train_dataset=_Numbers(rows),
        eval_dataset=_Numbers(1) if optimisation.evaluate_every else None,
        data_collator=collator,
        callbacks=callbacks,
    )


class _Numbers(Dataset[int]):
    """The examples by number: their columns stay where they are, and batches are cut from them."""

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return self.rows

    def __getitem__(self, row: int) -> int:
        return row


class _Trainer(Trainer):
    """transformers' trainer whose model is an objective, without its prints and pickles."""

    dev: Callable[[], float] | None = None

    def student(self) -> torch.nn.Module:
        """What is trained, not wrapped for several processes."""
        model: torch.nn.Module = self.accelerator.unwrap_model(self.model)
        return model

    def watch(self, bar: Bar, writer: LogWriter) -> None:
        """Show the loss behind the bar, and write it to TensorBoard too."""
        self.remove_callback(PrinterCallback)
        self.add_callback(_Tick(bar))
        self._bar, self._writer = bar, writer
        self._sum: Tensor | float = 0.0
        self._began: float | None = None

    def entries(self) -> list[LogEntry]:
        """The log so far; it is kept in every checkpoint."""
        entries: list[LogEntry] = []
        for record in self.state.log_history:
            if "loss" in record:
                entries.append(as_entry(record))
            elif entries and entries[-1].step == record["step"]:
                entries[-1] = replace(entries[-1], dev=record["dev"])
        return entries

    def compute_loss(
        self, model: torch.nn.Module, inputs: dict[str, Any], *_: Any, **__: Any
    ) -> Any:
        """The objective's loss of a batch."""
        return model(inputs)

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """Sum the losses on the device; asking for each would make a GPU wait for the CPU."""
        if self._began is None:
            self._resume_clock()
        loss: Tensor = super().training_step(*args, **kwargs)
        self._sum = self._sum + loss.detach()
        return loss

    def _resume_clock(self) -> None:
        """Start the clock where an interrupted attempt left it."""
        entries = self.entries()
        spent = entries[-1].seconds if entries else 0.0
        self._logged = entries[-1].step if entries else 0
        self._noted = spent
        self._began = time.perf_counter() - spent

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:  # noqa: ARG002
        """Note the mean loss since the last entry; the parent class rounds it in some versions."""
        if "loss" not in logs:
            return
        step, steps = self.state.global_step, self.state.global_step - self._logged
        mean = self.accelerator.reduce(torch.as_tensor(self._sum), reduction="mean")
        loss = float(mean) / steps
        self._refuse_nonfinite(loss, step)
        seconds = time.perf_counter() - (self._began or 0.0)
        rows = steps * self.args.train_batch_size * self.args.gradient_accumulation_steps
        rate = rows * self.args.world_size / max(seconds - self._noted, 1e-9)
        entry = LogEntry(
            step, loss, float(logs["learning_rate"]), round(seconds, 3), round(rate, 1)
        )
        self._sum, self._logged, self._noted = 0.0, step, seconds
        self.state.log_history.append(as_record(entry))
        self._bar.set_postfix_str(f"loss {loss:.4g}, {rate:.0f} examples/s{self._dev_text()}")
        if self.is_world_process_zero():
            for name in ("loss", "lr", "rate"):
                self._writer.add_scalar(f"train/{name}", getattr(entry, name), step)

    def _refuse_nonfinite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise ModelError(
                f"the loss became {loss} by step {step}",
                fix="lower --learning-rate, raise --warmup-ratio, or use --precision fp32",
            )

    def _dev_text(self) -> str:
        best = self.state.best_metric
        return f", best dev {best:.4f}" if best is not None else ""

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the student on dev; every process gets the value of the first."""
        value = 0.0
        if self.dev is not None and self.is_world_process_zero():
            self.student().eval()
            value = self.dev()
            self.student().train()
        if self.args.world_size > 1:
            shared = [value]
            torch.distributed.broadcast_object_list(shared, src=0)
            value = shared[0]
        step = self.state.global_step
        self.state.log_history.append({"step": step, "dev": value})
        if self.is_world_process_zero():
            self._writer.add_scalar("dev", value, step)
        metrics = {"eval_dev": value}
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        return metrics

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        """Write the weights, and no pickle of the arguments."""
        from safetensors.torch import save_model

        folder = Path(output_dir or self.args.output_dir or ".")
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self.student(), str(folder / WEIGHTS))

    def _load_from_checkpoint(
        self, resume_from_checkpoint: str, model: torch.nn.Module | None = None
    ) -> None:
        self._load(Path(resume_from_checkpoint), model)

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint is not None:
            self._load(Path(self.state.best_model_checkpoint), None)

    def _load(self, checkpoint: Path, model: torch.nn.Module | None) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load_model

        try:
            load_model(model or self.student(), str(checkpoint / WEIGHTS))
        except (SafetensorError, RuntimeError, OSError) as error:
            reason = str(error).strip().splitlines()[0]
            fix = "remove the folder to go on from the checkpoint before"
            raise ModelError(f"damaged checkpoint: {reason}", where=checkpoint, fix=fix) from error


class _Tick(TrainerCallback):
    """Move the bar at every step, and log before every checkpoint, which keeps the log."""

    def __init__(self, bar: Bar) -> None:
        self.bar = bar

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Begin where an interrupted attempt ended."""
        self.bar.update(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move on; log where the loop saves or measures."""
        self.bar.update()
        if state.global_step >= state.max_steps and not args.load_best_model_at_end:
            # The student itself is written next.
            control.should_save = False
        control.should_log |= control.should_save or control.should_evaluate


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
