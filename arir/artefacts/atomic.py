"""Write beside the final name and rename at the end, so that nothing half-written is ever found."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from arir.errors import OutputError

__all__ = [
    "atomic_bytes",
    "atomic_directory",
    "atomic_file",
    "check_writable",
    "output_error",
    "refuse_existing",
    "take_place",
]


def refuse_existing(path: Path, overwrite: bool) -> None:
    """Stop before long work whose result could not be put in place.

    Raises:
        OutputError: where ``path`` exists and may not be replaced.
    """
    if not overwrite and path.exists() and not (path.is_dir() and not any(path.iterdir())):
        raise OutputError("already exists", where=path, fix="choose another name or --overwrite")


def check_writable(path: Path) -> None:
    """Stop before long work whose file could not be written; makes the folder that it goes into.

    Raises:
        OutputError: where ``path`` is a folder, or its folder takes no files.
    """
    if path.is_dir():
        raise OutputError("is a folder", where=path, fix="name a file in it")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise output_error(error, path) from error


@contextmanager
def atomic_file(path: Path) -> Iterator[IO[str]]:
    """Open ``path`` for UTF-8 text; the file appears when the block ends without an error.

    Raises:
        OutputError: where the file cannot be written (disk full, no permission).
    """
    with _beside(path) as partial, partial.open("w", encoding="utf-8", newline="\n") as stream:
        yield stream


def atomic_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, which then holds all of it.

    Raises:
        OutputError: where the file cannot be written (disk full, no permission).
    """
    with _beside(path) as partial:
        partial.write_bytes(content)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give an empty file beside ``path`` that takes its place when the block ends soundly."""
    partial = _made(path, _empty_file)
    try:
        yield partial
        partial.chmod(0o666 & ~_umask())
        partial.replace(path)
    except OSError as error:
        raise _blamed(error, path, partial) from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def atomic_directory(path: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a fresh folder beside ``path`` that takes its place when the block ends soundly.

    Raises:
        OutputError: where ``path`` exists and may not be replaced, or cannot be written.
    """
    refuse_existing(path, overwrite)
    partial = _made(path, tempfile.mkdtemp)
    try:
        partial.chmod(0o777 & ~_umask())
        yield partial
        take_place(partial, path)
    except OSError as error:
        raise _blamed(error, path, partial) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _made(path: Path, make: Callable[..., str]) -> Path:
    """What ``make`` makes beside ``path``, in a folder that is made where there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return Path(make(prefix=f".{path.name}.partial-", dir=path.parent))
    except OSError as error:
        raise output_error(error, path) from error


def _empty_file(*, prefix: str, dir: Path) -> str:
    handle, name = tempfile.mkstemp(prefix=prefix, dir=dir)
    os.close(handle)
    return name


def take_place(partial: Path, path: Path) -> None:
    """Swap a finished folder in for ``path``; an old one is set aside until the new one stands."""
    if not path.exists():
        partial.rename(path)
        return
    aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.partial-old-", dir=path.parent))
    try:
        path.rename(aside / "old")
        try:
            partial.rename(path)
        except OSError:
            (aside / "old").rename(path)
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _blamed(error: OSError, path: Path, partial: Path) -> OSError | OutputError:
    """An OutputError if the fault lies with the output; a fault of some input is passed on."""
    touched = partial if error.filename is None else Path(str(error.filename))
    mine = touched in {path, path.parent} or touched.is_relative_to(partial)
    return output_error(error, path) if mine else error


def output_error(error: OSError, path: Path) -> OutputError:
    """What is told of an output that the system did not take."""
    reason = (error.strerror or str(error)).lower()
    fix = "free some space or choose another disk" if "space" in reason else None
    return OutputError(f"cannot be written: {reason}", where=path, fix=fix)


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
