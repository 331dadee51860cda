"""Text files line by line, plain or gzip, with the line number ready for an error message."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from arir.errors import DataError

__all__ = ["check_id", "numbered_lines", "read_ids"]


def numbered_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield ``(line number from 1, line without its end)`` of a UTF-8 file, without blank lines.

    Raises:
        DataError: where the file is missing, unreadable, empty, damaged gzip, or not UTF-8.
    """
    number = 0
    found = False
    try:
        with _open(path) as stream:
            for number, raw in enumerate(stream, 1):
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
                if line.strip():
                    found = True
                    yield number, line
    except UnicodeDecodeError as error:
        raise DataError(
            f"not UTF-8: byte 0x{error.object[error.start]:02x} at column {error.start + 1}",
            where=f"{path}:{number}",
            fix="convert the file, for example with iconv -t UTF-8",
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"damaged gzip file: {error}", where=path) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot read the file: {reason}", where=path) from None
    if not found:
        raise DataError("the file is empty", where=path)


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def check_id(identifier: str, kind: str, where: str) -> str:
    """Give a sound id back; ids are strings and must survive a TREC file.

    Raises:
        DataError: for an empty id or one that holds white space.
    """
    if not identifier:
        raise DataError(f"empty {kind} id", where=where)
    if identifier.split() != [identifier]:
        raise DataError(
            f"{kind} id {identifier!r} holds white space, which TREC files cannot carry",
            where=where,
            fix="replace the spaces, for example with _",
        )
    return identifier


def read_ids(path: Path) -> frozenset[str]:
    """The first word of every line, so that topics serve as well as bare ids.

    Raises:
        DataError: where the file cannot be read.
    """
    return frozenset(line.split()[0] for _, line in numbered_lines(path))
