"""The work folder of an encoding: finished chunks outlive a killed run, and the next one goes on.

``.NAME.encoding`` lies beside the index ``NAME`` and holds ``job.json`` (what is being encoded),
``docid`` (all ids) and one ``00000.npy`` a chunk. Chunks have fixed boundaries, so that several
machines can each encode a share of them and the result is the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from arir.artefacts import atomic_file
from arir.artefacts.lock import LOCK, locked
from arir.errors import OutputError

__all__ = ["Job", "record_job", "work_folder"]


@dataclass(frozen=True)
class Job:
    """What decides over the vectors; chunks of another job are never mixed in."""

    corpus: str
    encoder: str
    fingerprint: str
    profile: str
    precision: str
    with_title: bool
    size: int


@contextmanager
def work_folder(output: Path, job: Job, *, shared: bool, discard: bool) -> Iterator[Path]:
    """Open the work folder of an index for one job; only this process may write to it.

    The folder stays when the block fails, for the next run; without a ``job.json`` it goes.

    Args:
        output: the final name of the index.
        job: what is to be encoded.
        shared: other processes may work on other chunks at the same time.
        discard: remove the unfinished work of another job rather than refuse.

    Raises:
        OutputError: where another process works there, or another job's chunks lie there.
    """
    folder = output.with_name(f".{output.name}.encoding")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot be written: {reason}", where=folder) from None
    with locked(folder, output, "encoding into", shared=shared):
        _refuse_other_job(folder, job, discard=discard)
        try:
            yield folder
        finally:
            if not shared and not (folder / "job.json").is_file():
                shutil.rmtree(folder, ignore_errors=True)


def record_job(folder: Path, job: Job) -> None:
    """Bind the work folder to a job, once its ids have been written."""
    with atomic_file(folder / "job.json") as stream:
        stream.write(json.dumps(asdict(job), ensure_ascii=False, indent=2) + "\n")


def _refuse_other_job(folder: Path, job: Job, *, discard: bool) -> None:
    record = folder / "job.json"
    if not record.is_file():
        return
    other = json.loads(record.read_text(encoding="utf-8"))
    differing = [key for key, value in asdict(job).items() if other.get(key) != value]
    if not differing:
        return
    if not discard and any(folder.glob("*.npy")):
        raise OutputError(
            f"holds an unfinished encoding with another {' and '.join(differing)} "
            f"(encoder {other.get('encoder')})",
            where=folder,
            fix="finish that one first, choose another --output, or discard it with --overwrite",
        )
    for file in folder.iterdir():
        if file.name != LOCK:
            file.unlink()
