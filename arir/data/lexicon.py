"""Bilingual lexicons: words, names and terms with their translations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from arir.data.lines import numbered_lines
from arir.errors import DataError

__all__ = ["Lexicon", "invert_lexicon", "read_lexicon"]

#: source word or phrase -> its translations, best known first as the files list them
Lexicon = dict[str, tuple[str, ...]]


def read_lexicon(*paths: Path) -> Lexicon:
    """Read ``source<TAB>target[<TAB>note]`` lines (gzip too) of one or more files into one lexicon.

    Sources keep their spelling and case; white space within an entry becomes single spaces. A pair
    that comes again, with another note or in another file, is taken once, at its first place.

    Args:
        paths: files, in the order in which their translations are preferred.

    Returns:
        A map from source to its targets, both in file order.

    Raises:
        DataError: for a line that has fewer than two or more than three columns, or an empty source
            or target; the message names file and line.
    """
    targets: dict[str, dict[str, None]] = {}
    for path in paths:
        for number, line in numbered_lines(path):
            source, target = _parse(line, f"{path}:{number}")
            targets.setdefault(source, {})[target] = None
    return {source: tuple(listed) for source, listed in targets.items()}


def _parse(line: str, where: str) -> tuple[str, str]:
    columns = line.split("\t")
    if len(columns) not in (2, 3):
        raise DataError(
            f"expected 2 or 3 columns, found {len(columns)}",
            where=where,
            fix="a line is: source<TAB>target, with a note behind a further tab if wanted",
        )
    source, target = (" ".join(column.split()) for column in columns[:2])
    if not source or not target:
        raise DataError(f"the {'target' if source else 'source'} is empty", where=where)
    return source, target


def invert_lexicon(lexicon: Mapping[str, Iterable[str]]) -> Lexicon:
    """Turn a lexicon round, to translate from its target language.

    >>> invert_lexicon({"buyer": ("مشتر", "شار"), "purchaser": ("مشتر",)})
    {'مشتر': ('buyer', 'purchaser'), 'شار': ('buyer',)}
    """
    sources: dict[str, dict[str, None]] = {}
    for source, targets in lexicon.items():
        for target in targets:
            sources.setdefault(target, {})[source] = None
    return {target: tuple(listed) for target, listed in sources.items()}
