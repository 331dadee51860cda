"""Checkpoints: find the one to go on from, refuse a damaged one, remove what is superseded."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from arir.errors import ModelError
from arir.processes import process_count, rank
from arir.train.loop.log import best_step, measurements

__all__ = ["WEIGHTS", "all_checkpoints", "checkpoint_at", "last_checkpoint", "prune_checkpoints"]

WEIGHTS = "model.safetensors"
STATE = "trainer_state.json"
#: what a checkpoint must hold to go on exactly, beside the state of the random numbers
FILES = (WEIGHTS, "optimizer.pt", "scheduler.pt", STATE)


def checkpoint_at(folder: Path, step: int) -> Path:
    """Where the checkpoint of a step lies."""
    return folder / f"checkpoint-{step}"


def all_checkpoints(folder: Path) -> dict[int, Path]:
    """Step to checkpoint, in the order of the steps."""
    found = {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*[0-9]")}
    return dict(sorted(found.items()))


def last_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint in a folder; ``None`` where there is none.

    Its files are read through once, and so are the weights of the best checkpoint, which are loaded
    in the end: a training should not go on for days towards a file that cannot be read.

    Raises:
        ModelError: where one of them is damaged, naming the file and how to go on.
    """
    found = all_checkpoints(folder)
    if not found:
        return None
    *others, last = found
    fault = _fault(found[last])
    if fault:
        before = f"the one before, step {others[-1]}" if others else "the start"
        fix = f"remove {found[last].name} to go on from {before}"
        raise ModelError(f"damaged checkpoint: {fault}", where=found[last], fix=fix)
    best = best_step(measurements(_state(found[last])["log_history"]))
    if best and (fault := _weights_fault(checkpoint_at(folder, best))):
        fix = f"remove {folder.name} to start anew"
        where = checkpoint_at(folder, best)
        raise ModelError(f"damaged checkpoint, the best on dev: {fault}", where=where, fix=fix)
    return found[last]


def prune_checkpoints(folder: Path, keep: int, best: int | None) -> None:
    """Remove all checkpoints but the last ones, and the best one."""
    found = all_checkpoints(folder)
    for step in list(found)[:-keep]:
        if step != best:
            shutil.rmtree(found[step], ignore_errors=True)


def _fault(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, without loading its tensors into memory."""
    random = f"rng_state_{rank()}.pth" if process_count() > 1 else "rng_state.pth"
    missing = [name for name in (*FILES, random) if not (checkpoint / name).is_file()]
    if missing:
        return f"{', '.join(missing)} missing"
    try:
        _state(checkpoint)
    except (OSError, ValueError) as error:
        return f"{STATE}: {error}"
    archives = sorted([*checkpoint.glob("*.pt"), checkpoint / random])
    broken = [file.name for file in archives if not _is_whole(file)]
    return f"{', '.join(broken)} unreadable" if broken else _weights_fault(checkpoint)


def _state(checkpoint: Path) -> dict[str, Any]:
    """The trainer's state.

    Raises:
        ValueError: where it is none.
    """
    state = json.loads((checkpoint / STATE).read_text(encoding="utf-8"))
    if not isinstance(state, dict) or not isinstance(state.get("log_history"), list):
        raise ValueError("not the state of a training")
    return state


def _is_whole(archive: Path) -> bool:
    """Whether a file of PyTorch's, which is a ZIP archive, is all there."""
    from zipfile import BadZipFile, ZipFile

    try:
        with ZipFile(archive) as file:
            return file.testzip() is None
    except (BadZipFile, OSError):
        return False


def _weights_fault(checkpoint: Path) -> str | None:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(checkpoint / WEIGHTS, framework="pt") as tensors:
            tensors.keys()
    except (OSError, SafetensorError) as error:
        return f"{WEIGHTS}: {error}"
    return None
