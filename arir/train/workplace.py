"""Where a training works: a folder beside the output, from which the same command goes on."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from arir.artefacts import describe_input
from arir.artefacts.lock import locked
from arir.config import to_dict
from arir.data.collection import collection_files
from arir.data.teacher import teacher_path
from arir.errors import ConfigError, DataError, OutputError
from arir.train.config import StudentConfig

__all__ = ["Workplace", "input_paths", "is_main_process", "workplace"]

#: settings that may change between the attempts of one training
FREE = {"output", "overwrite", "device"}
#: roles that a collection, which may be a folder, stands in
COLLECTIONS = {"corpus", "translations", "dev_corpus", "text"}
#: settings that name models, which have manifests of their own
MODELS = {"student", "teacher", "output"}


class Workplace:
    """``OUTPUT.partial``: settings and checkpoints of an unfinished training.

    Attributes:
        folder: for checkpoints and TensorBoard's logs.
        scratch: this process's own files, gone at the end.
        inputs: role to path and hash of everything that is read.
        resumed: whether an earlier attempt left something.
    """

    def __init__(self, folder: Path, scratch: Path, inputs: dict[str, Any], resumed: bool) -> None:
        self.folder = folder
        self.scratch = scratch
        self.inputs = inputs
        self.resumed = resumed


def is_main_process() -> bool:
    """Whether this is the only process of a training, or the first of those of ``torchrun``."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def workplace(config: StudentConfig) -> Iterator[Workplace]:
    """Open the folder of a training; it is removed at the end, unless it holds checkpoints.

    Raises:
        ConfigError: where an earlier attempt had other settings or data.
        OutputError: where the folder cannot be written, or another process trains in it.
    """
    folder = config.output.with_name(f"{config.output.name}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="scratch-", dir=folder))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot make the folder: {reason}", where=folder) from None
    finished = False
    try:
        inputs = {role: describe_input(path) for role, path in input_paths(config).items()}
        with locked(folder, config.output, "training into", shared=not is_main_process()):
            resumed = _check_settings(folder, config, inputs) if is_main_process() else False
            yield Workplace(folder, scratch, inputs, resumed)
            finished = True
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if is_main_process() and (finished or not list(folder.glob("checkpoint-*"))):
            shutil.rmtree(folder, ignore_errors=True)


def _check_settings(folder: Path, config: StudentConfig, inputs: dict[str, Any]) -> bool:
    """Compare with an earlier attempt, or note this one; whether there was an earlier one."""
    file = folder / "config.json"
    mine = {"settings": to_dict(config), "inputs": inputs}
    if list(folder.glob("checkpoint-*")) and file.is_file():
        theirs = _read(file)
        changed = _changed(mine["settings"], theirs.get("settings", {}), FREE)
        changed += _changed(inputs, theirs.get("inputs", {}), set())
        if changed:
            fix = "give the same, or remove the folder to start anew"
            what = f"the unfinished training there had other settings or data: {', '.join(changed)}"
            raise ConfigError(what, where=folder, fix=fix)
        return True
    file.write_text(json.dumps(mine, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return False


def _read(file: Path) -> dict[str, Any]:
    try:
        values = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        fix = "remove the folder to start anew"
        raise DataError(f"damaged settings: {error}", where=file, fix=fix) from None
    return values if isinstance(values, dict) else {}


def _changed(mine: dict[str, Any], theirs: dict[str, Any], free: set[str]) -> list[str]:
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
