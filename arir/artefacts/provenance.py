"""The side file of a run: how it came about, in the vocabulary of ir_metadata.

ir_metadata (Breuer, Keller and Schaer, SIGIR 2022) puts these groups as ``#`` lines at the head of
the run. Most tools fail on such lines, so arir writes them beside it, as ``RUN.meta.yaml``.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from arir.artefacts.atomic import atomic_file
from arir.artefacts.hashes import sha256_of
from arir.artefacts.manifest import command_line, describe_input, versions
from arir.errors import DataError

__all__ = ["Provenance", "find_qrels", "provenance_path", "read_provenance", "write_provenance"]


@dataclass(frozen=True)
class Provenance:
    """What is worth knowing of a run.

    Attributes:
        tag: the run's name.
        method: the pipeline, a mapping for ir_metadata's ``method`` group
            (``{"retrieval": [{"name": "bm25", "k1": 0.9, "b": 0.4}]}``).
        inputs: role (``topics``, ``qrels``, ``index``, ``corpus``, ``run`` ...) to a path.
        seed: of every random choice; ``None`` where nothing was random.
        seconds: wall-clock time of the retrieval, without start-up.
    """

    tag: str
    method: dict[str, Any]
    inputs: dict[str, Path] = field(default_factory=dict)
    seed: int | None = None
    seconds: float | None = None


def provenance_path(run: Path) -> Path:
    """Where the side file of a run lies."""
    return run.with_name(f"{run.name}.meta.yaml")


def write_provenance(run: Path, provenance: Provenance) -> None:
    """Write the side file of ``run``, which must stand already: its hash is recorded."""
    groups = {
        "tag": provenance.tag,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": {"file": run.name, "sha256": sha256_of(run)},
        "platform": _platform(),
        "implementation": {"executable": {"cmd": command_line()}, "libraries": versions()},
        "resources": {"runtime seconds": provenance.seconds},
        "data": {"test collection": {k: _input(v, run) for k, v in provenance.inputs.items()}},
        "method": {"automatic": True, "seed": provenance.seed, **provenance.method},
    }
    with atomic_file(provenance_path(run)) as stream:
        yaml.safe_dump(groups, stream, allow_unicode=True, sort_keys=False)


def _platform() -> dict[str, Any]:
    try:
        distribution = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        distribution = platform.platform(terse=True)
    system = {"kernel": platform.system(), "distribution": distribution}
    return {"hardware": {"cpu": platform.machine()}, "operating system": system}


def _input(path: Path, run: Path) -> dict[str, str]:
    """Path relative to the run, so that both can move together, and the hash of a file."""
    relative = Path(os.path.relpath(path.resolve(), run.resolve().parent)).as_posix()
    return {"path": relative} if path.is_dir() else {**describe_input(path), "path": relative}


def read_provenance(run: Path) -> dict[str, Any] | None:
    """Read the side file of a run; ``None`` where it has none.

    Raises:
        DataError: where the side file is damaged.
    """
    path = provenance_path(run)
    if not path.is_file():
        return None
    try:
        groups = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise DataError(f"damaged provenance: {error}", where=path, fix="remove it") from None
    if not isinstance(groups, dict):
        raise DataError("damaged provenance: no mapping", where=path, fix="remove it")
    return groups


def find_qrels(run: Path) -> Path | None:
    """The qrels that a run's side file names, by path or, if that has moved, by content.

    Looks at the recorded path, then in the ``qrels`` folder beside the run's folder or here, for a
    file of the recorded hash. ``None`` where the run has no side file, or it names none.

    Raises:
        DataError: where the side file names qrels of which no copy is found.
    """
    groups = read_provenance(run) or {}
    entry = groups.get("data", {}).get("test collection", {}).get("qrels")
    if not entry:
        return None
    named = run.parent / str(entry.get("path"))
    folders = (run.resolve().parent.parent / "qrels", Path("qrels"))
    candidates = [named, *(file for folder in folders for file in sorted(folder.glob("*.txt")))]
    for candidate in candidates:
        if candidate.is_file() and sha256_of(candidate) == entry.get("sha256"):
            return candidate
    what = "have changed since" if named.is_file() else "are gone"
    raise DataError(
        f"the qrels {named} of this run {what}", where=run, fix="name them with --qrels"
    )
