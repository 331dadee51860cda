"""Open a Lucene index for reading; what is wrong with it is said in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from arir.errors import IndexMismatchError
from arir.lucene.jvm import java_class, start_jvm
from arir.lucene.layout import check_layout

__all__ = ["java_reason", "open_reader"]

LUCENE = "org.apache.lucene"
REBUILD = "build it again with arir index"


def open_reader(index: Path) -> Any:
    """A Lucene ``DirectoryReader``, to be closed by the caller.

    Raises:
        IndexMismatchError: where there is no index, or Lucene cannot read it.
    """
    check_layout(index)
    start_jvm()
    import jnius

    try:
        # Java keeps the working directory that it started in, whatever Python's is by now.
        path = java_class("java.nio.file.Paths").get(str(index.absolute()))
        directory = java_class(f"{LUCENE}.store.FSDirectory").open(path)
        return java_class(f"{LUCENE}.index.DirectoryReader").open(directory)
    except jnius.JavaException as error:
        raise _unreadable(index, error) from error


def java_reason(error: Any) -> str:
    """The kind and the message of a Java exception, or rather of what caused it, in one line."""
    trace = list(error.stacktrace or ())
    causes = [place + 1 for place, line in enumerate(trace[:-1]) if line == "Caused by:"]
    said = trace[causes[-1]] if causes else f"{error.classname}: {error.innermessage or ''}"
    kind, _, message = said.partition(": ")
    lines = message.splitlines()
    return ": ".join([kind.rpartition(".")[2], *lines[:1]])


def _unreadable(index: Path, error: Any) -> IndexMismatchError:
    reason = java_reason(error)
    # Lucene 9 says the latter of an index that Lucene 10 built.
    if reason.startswith("IndexFormatTooNew") or "is in the future" in reason:
        what, fix = "was built by a newer Lucene", "upgrade Pyserini, or build it again"
    elif reason.startswith("IndexFormatTooOld"):
        what, fix = "was built by a Lucene too old to be read", REBUILD
    else:
        what, fix = f"damaged Lucene index ({reason})", REBUILD
    return IndexMismatchError(what, where=index, fix=fix)
