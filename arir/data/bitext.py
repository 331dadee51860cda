"""Bitext: sentences with their translations, streamed from tab-separated files."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from arir.data.lines import numbered_lines
from arir.errors import ConfigError, DataError

__all__ = ["LeftOut", "Translation", "read_bitext"]

#: why a line was left out
LeftOut = Literal["too short", "too long", "duplicate"]


class Translation(NamedTuple):
    """A sentence and its translations, one for each target language."""

    source: str
    #: in the order of the columns; an empty string where a language lacks this sentence
    targets: tuple[str, ...]


def read_bitext(
    path: Path,
    *,
    targets: int | None = 1,
    min_chars: int = 1,
    max_chars: int | None = None,
    deduplicate: bool = False,
    left_out: Counter[LeftOut] | None = None,
) -> Iterator[Translation]:
    """Stream ``source<TAB>target[<TAB>target ...]`` lines (gzip too), in file order.

    Args:
        path: a ``.tsv`` or ``.tsv.gz`` file.
        targets: target columns that every line must have; None takes the first line's number. With
            more than one, a cell may be empty as long as another is not.
        min_chars: lines of which a sentence is shorter are left out.
        max_chars: lines of which a sentence is longer are left out; no limit by default.
        deduplicate: leave out a line whose sentences all came before. Eight bytes of a hash are
            kept for each line.
        left_out: counts, by reason, the lines that are left out.

    Returns:
        An iterator over the lines kept, sentences without the white space around them. Faults in
        the file are raised when it gets there, faults in the settings at once.

    Raises:
        DataError: for a line of another number of columns or without a sentence where one must be;
            the message names file and line.
        ConfigError: where a setting is out of range.
    """
    _check(targets, min_chars, max_chars)
    counts: Counter[LeftOut] = Counter() if left_out is None else left_out
    seen: set[bytes] | None = set() if deduplicate else None

    def kept() -> Iterator[Translation]:
        for cells in _rows(path, targets):
            reason = _length_fault(cells, min_chars, max_chars) or _repetition(cells, seen)
            if reason is None:
                yield Translation(cells[0], tuple(cells[1:]))
            else:
                counts[reason] += 1

    return kept()


def _check(targets: int | None, min_chars: int, max_chars: int | None) -> None:
    if targets is not None and targets < 1:
        raise ConfigError(f"bitext needs at least one target column, not {targets}")
    if min_chars < 0 or (max_chars is not None and max_chars < max(1, min_chars)):
        raise ConfigError(f"no sentence has between {min_chars} and {max_chars} characters")


def _rows(path: Path, targets: int | None) -> Iterator[list[str]]:
    for number, line in numbered_lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        targets = len(cells) - 1 if targets is None else targets
        _check_cells(cells, targets, f"{path}:{number}")
        yield cells


def _check_cells(cells: list[str], targets: int, where: str) -> None:
    if len(cells) != targets + 1 or targets < 1:
        expected = max(2, targets + 1)
        raise DataError(
            f"expected {expected} columns, found {len(cells)}",
            where=where,
            fix="a line is: source<TAB>target, with as many targets in every line",
        )
    if not cells[0]:
        raise DataError("the source sentence is empty", where=where)
    if not any(cells[1:]):
        raise DataError(f"the translation{'s are' if targets > 1 else ' is'} empty", where=where)


def _length_fault(cells: list[str], shortest: int, longest: int | None) -> LeftOut | None:
    lengths = [len(cell) for cell in cells if cell]
    if min(lengths) < shortest:
        return "too short"
    if longest is not None and max(lengths) > longest:
        return "too long"
    return None


def _repetition(cells: list[str], seen: set[bytes] | None) -> LeftOut | None:
    """Whether the sentences came before; ``seen`` is None where repetitions are kept."""
    if seen is None:
        return None
    digest = hashlib.blake2b("\t".join(cells).encode(), digest_size=8).digest()
    if digest in seen:
        return "duplicate"
    seen.add(digest)
    return None
