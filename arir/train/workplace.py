"""Where a training works: a folder beside the output, from which the same command goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from arir.artefacts import describe_input
from arir.artefacts.atomic import atomic_file
from arir.artefacts.lock import locked
from arir.config import to_dict
from arir.data.collection import collection_files
from arir.data.teacher import teacher_path
from arir.errors import ConfigError, DataError, OutputError
from arir.processes import is_main_process, process_count, rank
from arir.train.config import StudentConfig
from arir.train.loop.checkpoints import all_checkpoints, last_checkpoint

__all__ = ["Workplace", "input_paths", "is_main_process", "workplace"]

#: settings that may change between the attempts of one training
FREE = {"output", "overwrite", "device", "teacher_cache", "weights"}
#: roles that a collection, which may be a folder, stands in
COLLECTIONS = {"corpus", "translations", "dev_corpus", "text"}
#: settings that name models, which have manifests of their own
MODELS = {"student", "teacher", "output", "teacher_cache"}


@dataclass(frozen=True)
class Workplace:
    """``OUTPUT.partial``: settings and checkpoints of an unfinished training.

    Attributes:
        folder: for checkpoints and TensorBoard's logs.
        scratch: this process's own files, gone at the end.
        inputs: role to path and hash of everything that is read.
        checkpoint: where an earlier attempt left off.
    """

    folder: Path
    scratch: Path
    inputs: dict[str, Any]
    checkpoint: Path | None


@contextmanager
def workplace(config: StudentConfig) -> Iterator[Workplace]:
    """Open the folder of a training; it is removed at the end, unless it holds checkpoints.

    Every process of ``torchrun`` locks a folder of its own in it.

    Raises:
        ConfigError: where an earlier attempt had other settings or data.
        DataError: where its settings cannot be read.
        ModelError: where its last checkpoint is damaged.
        OutputError: where the folder cannot be written, or another process trains in it.
    """
    folder = config.output.with_name(f"{config.output.name}.partial")
    own = folder / f"process-{rank()}"
    _make(own)
    with locked(own, config.output, "training into"):
        scratch = own / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # of a process that was killed
        finished = False
        try:
            _make(scratch)
            checkpoint = last_checkpoint(folder)
            inputs = {role: describe_input(path) for role, path in input_paths(config).items()}
            if is_main_process():
                _check_settings(folder, config, inputs, checkpoint)
            yield Workplace(folder, scratch, inputs, checkpoint)
            finished = True
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
            if is_main_process() and (finished or not all_checkpoints(folder)):
                shutil.rmtree(folder, ignore_errors=True)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot make the folder: {reason}", where=folder) from None


def _check_settings(
    folder: Path, config: StudentConfig, inputs: dict[str, Any], checkpoint: Path | None
) -> None:
    """Compare with the earlier attempt that left a checkpoint, or note this one."""
    file = folder / "config.json"
    settings = to_dict(config)
    if checkpoint is None:
        mine = {"settings": settings, "inputs": inputs, "processes": process_count()}
        with atomic_file(file) as stream:
            stream.write(json.dumps(mine, ensure_ascii=False, indent=2) + "\n")
        return
    theirs = _read(file)
    changed = _changed(settings, theirs["settings"], FREE)
    changed += [key for key in _changed(inputs, theirs["inputs"]) if key not in changed]
    if theirs.get("processes", 1) != process_count():
        changed.append("number of processes")
    if changed:
        fix = "give the same, or remove the folder to start anew"
        what = f"the unfinished training there had other settings or data: {', '.join(changed)}"
        raise ConfigError(what, where=folder, fix=fix)


def _read(file: Path) -> dict[str, Any]:
    fix = f"remove {file.parent.name} to start anew"
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
        if not all(isinstance(values[key], dict) for key in ("settings", "inputs")):
            raise ValueError("settings and inputs must be objects")
    except OSError:
        what = "the settings of the unfinished training are missing"
        raise DataError(what, where=file, fix=fix) from None
    except (ValueError, TypeError, LookupError) as error:
        raise DataError(f"damaged settings: {error}", where=file, fix=fix) from None
    checked: dict[str, Any] = values
    return checked


def _changed(mine: dict[str, Any], theirs: dict[str, Any], free: Container[str] = ()) -> list[str]:
    keys = [key for key in {**mine, **theirs} if key not in free]
    return [key for key in keys if mine.get(key) != theirs.get(key)]


def input_paths(config: StudentConfig) -> dict[str, Path]:
    """Every file or folder that the settings name, by its key (numbered where there are several).

    Raises:
        DataError: where one is not there.
    """
    paths: dict[str, Path] = {}
    for field in fields(config):
        if field.name in MODELS:
            continue
        files = _files(field.name, getattr(config, field.name))
        for number, path in enumerate(files, 1):
            _check_there(field.name, path)
            paths[f"{field.name} {number}" if len(files) > 1 else field.name] = path
    return paths


def _files(key: str, value: Any) -> list[Path]:
    if key == "held_out" and isinstance(value, str) and not value.isdecimal():
        return [Path(value)]
    several = value if isinstance(value, tuple) else (value,)
    files = [item for item in several if isinstance(item, Path)]
    side_file = teacher_path(files[0]) if key == "teacher_scores" and files else None
    return [*files, side_file] if side_file else files


def _check_there(key: str, path: Path) -> None:
    if key in COLLECTIONS:
        collection_files(path)
    elif not path.exists():
        raise DataError("no such file", where=path)
