"""Keep a second process out of a folder that one process is writing to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arir.errors import OutputError

__all__ = ["LOCK", "locked"]

#: the file in the folder that carries the lock
LOCK = "lock"


@contextmanager
def locked(folder: Path, output: Path, doing: str, *, shared: bool = False) -> Iterator[None]:
    """Hold the lock of ``folder``; it ends with the process, however that ends.

    Args:
        output: what the message names.
        doing: what the other process does (``encoding into``), for the message.
        shared: other processes may hold it too, as long as they share it.

    Raises:
        OutputError: where another process holds it.
    """
    try:
        import fcntl
    except ImportError:  # not a POSIX system: rely on atomic writes
        yield
        return
    with (folder / LOCK).open("w") as stream:
        try:
            fcntl.flock(stream, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            what = f"another process is {doing} it"
            raise OutputError(what, where=output, fix="wait for its end") from None
        yield
