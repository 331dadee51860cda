"""transformers' trainer over an objective: an exact log, whole checkpoints, the best on dev."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import PrinterCallback, Trainer, TrainerCallback

from arir.errors import ModelError
from arir.progress import Bar
from arir.train.loop.checkpoints import WEIGHTS, checkpoint_at, prune_checkpoints
from arir.train.loop.log import (
    LogEntry,
    LogWriter,
    as_entry,
    as_record,
    best_step,
    measurements,
)
from arir.train.loop.meter import Meter

__all__ = ["ObjectiveTrainer"]

#: checkpoints that are kept beside the best one
CHECKPOINTS = 2
#: where a checkpoint grows until it is whole
SAVING = "saving"


class ObjectiveTrainer(Trainer):
    """A trainer whose model is an objective, without its parent's prints and pickles.

    Attributes:
        dev: measures the student as it stands; greater is better.
        patience: measurements without a better one before the training stops.
    """

    dev: Callable[[], float] | None = None
    patience: int | None = None
    _meter: Meter | None = None

    @property
    def folder(self) -> Path:
        """Where checkpoints lie."""
        return Path(str(self.args.output_dir))

    @property
    def student(self) -> torch.nn.Module:
        """What is trained, not wrapped for several processes."""
        model: torch.nn.Module = self.accelerator.unwrap_model(self.model)
        return model

    @property
    def meter(self) -> Meter:
        """The clock, which goes on where an interrupted attempt left it."""
        if self._meter is None:
            entries = self.entries()
            self._meter = Meter(entries[-1] if entries else None)
        return self._meter

    @property
    def measured(self) -> dict[int, float]:
        """Step to dev measure, from the log, which outlives a kill."""
        return measurements(self.state.log_history)

    def watch(self, bar: Bar, writer: LogWriter) -> None:
        """Show the loss behind the bar, and write it to TensorBoard too."""
        self.remove_callback(PrinterCallback)
        self.add_callback(_Tick(bar))
        self._bar, self._writer = bar, writer

    def entries(self) -> list[LogEntry]:
        """The log so far; it is kept in every checkpoint."""
        entries: list[LogEntry] = []
        for record in self.state.log_history:
            if "loss" in record:
                entries.append(as_entry(record))
            elif entries and entries[-1].step == record["step"]:
                entries[-1] = replace(entries[-1], dev=record["dev"])
        return entries

    def load_best(self) -> None:
        """Go back to the weights of the best measurement on dev."""
        best = best_step(self.measured)
        if best is not None and best != self.state.global_step:
            self._load(checkpoint_at(self.folder, best), None)

    def compute_loss(
        self, model: torch.nn.Module, inputs: dict[str, Any], *_: Any, **__: Any
    ) -> Any:
        """The objective's loss of a batch."""
        return model(inputs)

    def training_step(self, *args: Any, **kwargs: Any) -> Tensor:
        """Learn from a micro-batch."""
        meter = self.meter
        loss: Tensor = super().training_step(*args, **kwargs)
        meter.add(loss)
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:  # noqa: ARG002
        """Note the mean loss since the last entry; the parent class rounds it in some versions."""
        if "loss" not in logs:
            return
        step = self.state.global_step
        reading = self.meter.read(step)
        loss = float(self.accelerator.reduce(reading.loss.to(self.args.device), reduction="mean"))
        self._refuse_nonfinite(loss, step)
        rows = self.args.train_batch_size * self.args.gradient_accumulation_steps
        rate = round(reading.rate * rows * self.args.world_size, 1)
        entry = LogEntry(step, loss, float(logs["learning_rate"]), round(reading.seconds, 3), rate)
        self.state.log_history.append(as_record(entry))
        measured = self.measured
        dev = f", best dev {max(measured.values()):.4f}" if measured else ""
        self._bar.set_postfix_str(f"loss {loss:.4g}, {rate:.0f} examples/s{dev}")
        for name in ("loss", "lr", "rate"):
            self._writer.add_scalar(f"train/{name}", getattr(entry, name), step)

    def _refuse_nonfinite(self, loss: float, step: int) -> None:
        if not math.isfinite(loss):
            raise ModelError(
                f"the loss became {loss} by step {step}",
                fix="lower --learning-rate, raise --warmup-ratio, or use --precision fp32",
            )

    def evaluate(self, *_: Any, **__: Any) -> dict[str, float]:
        """Measure the student on dev; every process gets the value of the first."""
        began = time.perf_counter()
        value = 0.0
        if self.dev is not None and self.is_world_process_zero():
            self.student.eval()
            value = self.dev()
            self.student.train()
        if self.args.world_size > 1:
            shared = [value]
            torch.distributed.broadcast_object_list(shared, src=0)
            value = shared[0]
        step = self.state.global_step
        self.state.log_history.append({"step": step, "dev": value})
        self._writer.add_scalar("dev", value, step)
        metrics = {"eval_dev": value}
        self.control = self.callback_handler.on_evaluate(
            self.args, self.state, self.control, metrics
        )
        self.meter.leave_out(time.perf_counter() - began)
        return metrics

    def _determine_best_metric(self, metrics: dict[str, float], trial: Any) -> bool:  # noqa: ARG002
        """Save a new best; stop where patience ends."""
        measured = self.measured
        best = best_step(measured)
        better = best == self.state.global_step
        if better:
            self.control.should_save = True
        since = sum(step > (best or 0) for step in measured)
        if self.patience is not None and since >= self.patience:
            self.control.should_training_stop = True
        return better

    def _save_checkpoint(self, model: torch.nn.Module, trial: Any) -> None:
        """Write a checkpoint aside and rename it, so that a kill never leaves half of one."""
        if self.control.should_training_stop:
            return  # the student itself is written next
        began = time.perf_counter()
        step, main = self.state.global_step, self.is_world_process_zero()
        if main:
            shutil.rmtree(self.folder / SAVING, ignore_errors=True)
        self.accelerator.wait_for_everyone()
        super()._save_checkpoint(model, trial)
        self.accelerator.wait_for_everyone()
        if main:
            whole = checkpoint_at(self.folder, step)
            shutil.rmtree(whole, ignore_errors=True)
            checkpoint_at(self.folder / SAVING, step).rename(whole)
            prune_checkpoints(self.folder, CHECKPOINTS, best_step(self.measured))
        self.meter.leave_out(time.perf_counter() - began)

    def _get_output_dir(self, trial: Any) -> str:  # noqa: ARG002
        """Where the parent class writes checkpoints."""
        return str(self.folder / SAVING)

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:  # noqa: ARG002
        """Write the weights, and no pickle of the arguments."""
        from safetensors.torch import save_model

        if self.args.should_save:
            folder = Path(output_dir or self.folder)
            folder.mkdir(parents=True, exist_ok=True)
            save_model(self.student, str(folder / WEIGHTS))

    def _load_from_checkpoint(
        self, resume_from_checkpoint: str, model: torch.nn.Module | None = None
    ) -> None:
        self._load(Path(resume_from_checkpoint), model)

    def _load(self, checkpoint: Path, model: torch.nn.Module | None) -> None:
        from safetensors import SafetensorError
        from safetensors.torch import load_model

        try:
            load_model(model or self.student, str(checkpoint / WEIGHTS))
        except (SafetensorError, RuntimeError, OSError) as error:
            reason = str(error).strip().splitlines()[0]
            fix = f"remove {checkpoint.parent.name} to start anew"
            what = f"the checkpoint does not fit the student: {reason}"
            raise ModelError(what, where=checkpoint, fix=fix) from error


class _Tick(TrainerCallback):
    """Move the bar at every step, and log before every checkpoint, which keeps the log."""

    def __init__(self, bar: Bar) -> None:
        self.bar = bar

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Begin where an interrupted attempt ended."""
        self.bar.update(state.global_step)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Move on; log where the loop saves or measures."""
        self.bar.update()
        control.should_log |= control.should_save or control.should_evaluate
