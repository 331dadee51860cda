"""Overlapping windows over the words of a text."""

from __future__ import annotations

import re

__all__ = ["PASSAGE_SEPARATOR", "document_id", "passage_id", "split_text", "window_starts"]

#: between a document's id and the number of its passage; an id of a document may hold it, too
PASSAGE_SEPARATOR = "#"

WORD = re.compile(r"\S+")


def window_starts(words: int, window: int, stride: int) -> list[int]:
    """Where the windows over ``words`` words begin; the last is the first to reach the end.

    >>> window_starts(10, window=4, stride=2)
    [0, 2, 4, 6]
    >>> window_starts(11, window=4, stride=2)
    [0, 2, 4, 6, 8]
    >>> window_starts(3, window=4, stride=2)
    [0]
    """
    further = max(0, words - window)
    return [number * stride for number in range(-(-further // stride) + 1)]


def split_text(text: str, window: int, stride: int) -> list[str]:
    """The windows of a text, each as it stands there; white space around each is left out.

    Args:
        text: with at least one word.
        window: words of a passage.
        stride: words from one beginning to the next, at most ``window``.

    >>> split_text("one two  three four five", window=3, stride=2)
    ['one two  three', 'three four five']
    """
    words = [match.span() for match in WORD.finditer(text)]
    starts = window_starts(len(words), window, stride)
    ends = (min(start + window, len(words)) - 1 for start in starts)
    return [
        text[words[first][0] : words[last][1]] for first, last in zip(starts, ends, strict=True)
    ]


def passage_id(document: str, number: int) -> str:
    """The id of a document's passage.

    >>> passage_id("d7", 0)
    'd7#0'
    """
    return f"{document}{PASSAGE_SEPARATOR}{number}"


def document_id(passage: str) -> str:
    """The document of a passage: its id up to the last ``#``; an id without one is a document's.

    >>> document_id("d7#0"), document_id("d7"), document_id("c#12#3")
    ('d7', 'd7', 'c#12')
    """
    head, separator, _ = passage.rpartition(PASSAGE_SEPARATOR)
    return head if separator and head else passage
