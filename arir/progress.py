"""Progress bars on standard error, silent where nobody watches; one within another goes away."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

from arir.processes import is_main_process

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
        items, desc=description, total=total, unit=unit, disable=_unwatched(), leave=None
    )


@contextmanager
def progress_bar(description: str, *, total: int | None = None, unit: str = "it") -> Iterator[Bar]:
    """Open a bar that the caller moves with ``update``, for work that is no simple loop."""
    from tqdm.auto import tqdm

    with tqdm(desc=description, total=total, unit=unit, disable=_unwatched(), leave=None) as bar:
        yield bar


def _unwatched() -> bool:
    """Whether nobody watches, or another process shows the same bar."""
    return not (sys.stderr.isatty() and is_main_process())
