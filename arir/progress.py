"""Progress bars on standard error, silent where nobody watches."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

__all__ = ["Bar", "progress", "progress_bar"]

Item = TypeVar("Item")


class Bar(Protocol):
    """What a caller may do with an open bar."""

    def update(self, n: float | None = 1, /) -> object:
        """Move the bar by ``n`` units."""

    def set_postfix_str(self, s: str = "", refresh: bool = True, /) -> None:
        """Show a short text behind the bar."""


def progress(
    items: Iterable[Item], description: str, *, total: int | None = None, unit: str = "it"
) -> Iterator[Item]:
    """Iterate over ``items`` behind a bar; it appears only when standard error is a terminal."""
    from tqdm.auto import tqdm

    yield from tqdm(
        items, desc=description, total=total, unit=unit, disable=not sys.stderr.isatty()
    )


@contextmanager
def progress_bar(description: str, *, total: int | None = None, unit: str = "it") -> Iterator[Bar]:
    """Open a bar that the caller moves with ``update``, for work that is no simple loop."""
    from tqdm.auto import tqdm

    with tqdm(desc=description, total=total, unit=unit, disable=not sys.stderr.isatty()) as bar:
        yield bar
