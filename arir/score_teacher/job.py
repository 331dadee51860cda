"""The folder of unfinished work, ``OUTPUT.partial``: finished parts outlive a killed run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arir.artefacts import atomic_file
from arir.artefacts.atomic import take_place
from arir.artefacts.lock import LOCK, locked
from arir.data.score_store_parts import part_paths
from arir.errors import ConfigError, OutputError

__all__ = ["partial_folder", "publish"]

RECORD = "job.json"
#: letters of a SHA-256, which tells a reader nothing
HASH = 64


@contextmanager
def partial_folder(output: Path, job: Mapping[str, Any], *, discard: bool) -> Iterator[Path]:
    """Open the folder of unfinished work for one job; only this process may write to it.

    The folder stays when the block fails, for the next run; without a finished part it goes.

    Args:
        output: the final name of the store.
        job: what decides over the scores: plain JSON values by name.
        discard: remove the finished parts of another job rather than refuse.

    Raises:
        ConfigError: where parts of another job lie there, naming what differs.
        OutputError: where another process works there, or nothing can be written.
    """
    folder = output.with_name(f"{output.name}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot be written: {reason}", where=folder) from None
    with locked(folder, output, "scoring into"):
        _refuse_other_job(folder, job, discard=discard)
        with atomic_file(folder / RECORD) as stream:
            stream.write(json.dumps(job, ensure_ascii=False, indent=2) + "\n")
        try:
            yield folder
        finally:
            if not part_paths(folder):
                shutil.rmtree(folder, ignore_errors=True)


def publish(folder: Path, output: Path) -> None:
    """Give finished work its final name, in the place of an older store.

    Raises:
        OutputError: where that cannot be done.
    """
    try:
        for name in (RECORD, LOCK):
            (folder / name).unlink(missing_ok=True)
        take_place(folder, output)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot be put in place: {reason}", where=output) from None


def _refuse_other_job(folder: Path, job: Mapping[str, Any], *, discard: bool) -> None:
    if not part_paths(folder):
        return
    other = _recorded(folder / RECORD)
    differing = [key for key in sorted({*job, *other}) if job.get(key) != other.get(key)]
    if not differing:
        return
    if not discard:
        shown = ", ".join(_difference(key, other, job) for key in differing)
        raise ConfigError(
            f"unfinished scores of another job lie here: {shown}",
            where=folder,
            fix="give the same settings and files to go on, or --overwrite to begin anew",
        )
    for file in folder.iterdir():
        if file.name != LOCK:
            file.unlink()


def _recorded(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}


def _difference(key: str, other: Mapping[str, Any], job: Mapping[str, Any]) -> str:
    """A setting with its values; of a file or a model only that it is another."""
    old, new = other.get(key), job.get(key)
    plain = all(isinstance(value, str | int | float | None) for value in (old, new))
    hashed = any(isinstance(value, str) and len(value) == HASH for value in (old, new))
    name = key.replace("_", "-")
    return f"{name} was {old} and is {new}" if plain and not hashed else f"{name} is another"
