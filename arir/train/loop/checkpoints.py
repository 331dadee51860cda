"""Checkpoints: find the one to go on from, and refuse one that is damaged."""

from __future__ import annotations

import json
from pathlib import Path

from arir.errors import ModelError

__all__ = ["last_checkpoint"]

#: what a checkpoint must hold to go on exactly
FILES = ("model.safetensors", "optimizer.pt", "scheduler.pt", "trainer_state.json")


def last_checkpoint(folder: Path) -> Path | None:
    """The latest checkpoint in a folder; ``None`` where there is none.

    Raises:
        ModelError: where it is damaged, naming the file and how to go on.
    """
    found = {int(path.name.rpartition("-")[2]): path for path in folder.glob("checkpoint-*[0-9]")}
    if not found:
        return None
    checkpoint = found[max(found)]
    fault = _fault(checkpoint)
    if fault:
        others = sorted(found)[:-1]
        before = f"the one before, step {others[-1]}" if others else "the start"
        fix = f"remove the folder to go on from {before}"
        raise ModelError(f"damaged checkpoint: {fault}", where=checkpoint, fix=fix)
    return checkpoint


def _fault(checkpoint: Path) -> str | None:
    """What is wrong with a checkpoint, without loading its tensors into memory."""
    import zipfile

    from safetensors import SafetensorError, safe_open

    missing = [name for name in FILES if not (checkpoint / name).is_file()]
    if not list(checkpoint.glob("rng_state*.pth")):
        missing.append("rng_state.pth")
    if missing:
        return f"{', '.join(missing)} missing"
    try:
        json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
        with safe_open(checkpoint / "model.safetensors", framework="pt") as tensors:
            tensors.keys()
    except (OSError, ValueError, SafetensorError) as error:
        return str(error)
    broken = [file.name for file in checkpoint.glob("*.p*t*") if not zipfile.is_zipfile(file)]
    return f"{', '.join(broken)} unreadable" if broken else None
