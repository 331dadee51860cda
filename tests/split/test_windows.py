"""Windows over words: no word is lost, whatever window and stride are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.split.windows import split_text, window_starts

SHAPES = st.integers(1, 12).flatmap(lambda w: st.tuples(st.just(w), st.integers(1, w)))
#: words with spaces of several kinds between and around them
TEXTS = st.lists(st.sampled_from(["قال", "a", "b#1", " ", "\n", "\u00a0", "\u2003", "x\ty"])).map(
    " ".join
)


def words_of_windows(text: str, window: int, stride: int) -> list[list[str]]:
    return [part.split() for part in split_text(text, window, stride)]


@given(TEXTS.filter(str.strip), SHAPES)
def test_every_word_is_in_the_windows_that_cover_its_place(
    text: str, shape: tuple[int, int]
) -> None:
    window, stride = shape
    words = text.split()
    parts = words_of_windows(text, window, stride)
    covered = set()
    for number, part in enumerate(parts):
        start = number * stride
        assert part == words[start : start + window]
        covered |= set(range(start, start + len(part)))
    assert covered == set(range(len(words)))


@given(st.integers(1, 200), SHAPES)
def test_no_window_lies_wholly_in_the_one_before(words: int, shape: tuple[int, int]) -> None:
    window, stride = shape
    starts = window_starts(words, window, stride)
    assert starts == list(range(0, len(starts) * stride, stride))
    assert starts[-1] + window >= words
    assert all(start + window < words for start in starts[:-1])


@given(TEXTS.filter(str.strip), SHAPES)
def test_a_window_stands_in_the_text_as_it_is(text: str, shape: tuple[int, int]) -> None:
    for part in split_text(text, *shape):
        assert part in text
        assert part == part.strip()


@pytest.mark.parametrize("words", [1, 149, 150])
def test_a_text_of_one_window_is_not_split(words: int) -> None:
    text = " ".join(map(str, range(words)))
    assert split_text(text, 150, 75) == [text]


def test_one_word_more_than_a_window_makes_a_second_passage() -> None:
    first, second = split_text(" ".join(map(str, range(151))), 150, 75)
    assert (first.split()[-1], second.split()[0], second.split()[-1]) == ("149", "75", "150")
