"""A text file in blocks of whole lines, so that a file of any size needs little memory."""

from __future__ import annotations

import gzip
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

from arir.errors import DataError

__all__ = ["Block", "line_number", "map_ahead", "read_blocks"]

#: (offset of the first byte in the text, whole lines)
Block = tuple[int, bytes]
BLOCK_BYTES = 1 << 20
THREADS = 2

Item = TypeVar("Item")
Result = TypeVar("Result")


def read_blocks(path: Path, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Yield the text of a file, plain or gzip, cut at line ends into blocks of about ``size``.

    Raises:
        DataError: where the file is missing, unreadable, or damaged gzip.
    """
    offset, rest = 0, b""
    try:
        with _open(path) as stream:
            while data := stream.read(size):
                cut = data.rfind(b"\n") + 1
                if cut == 0:
                    rest += data
                    continue
                block = rest + data[:cut]
                yield offset, block
                offset, rest = offset + len(block), data[cut:]
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"damaged gzip file: {error}", where=path) from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DataError(f"cannot read the file: {reason}", where=path) from None
    if rest:
        yield offset, rest


def _open(path: Path) -> IO[bytes] | gzip.GzipFile:
    return gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb")


def line_number(path: Path, offset: int) -> int:
    """The number, from 1, of the line that begins at a byte offset of the text."""
    before = 0
    for start, block in read_blocks(path):
        if start >= offset:
            break
        before += block[: offset - start].count(b"\n")
    return before + 1


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int = THREADS
) -> Iterator[Result]:
    """Apply a function that frees the interpreter lock, results in order, few items at a time.

    >>> list(map_ahead(str.upper, ["a", "b", "c"]))
    ['A', 'B', 'C']
    """
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Result]] = deque()
        try:
            for item in items:
                running.append(pool.submit(function, item))
                if len(running) > 2 * threads:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()
