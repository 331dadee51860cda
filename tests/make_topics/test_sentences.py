"""Sentences of Arabic and European text: nothing lost, nothing parted that belongs together."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.make_topics.query import Span, words_in
from arir.make_topics.sentences import sentence_spans

TEXTS = st.text(alphabet='ابم aB5.!?؟۔…"»)\n\t\r ،', max_size=60)


def parted(text: str) -> list[str]:
    return [text[start:stop].strip() for start, stop in sentence_spans(text)]


@given(TEXTS)
def test_no_character_is_lost_or_comes_twice(text: str) -> None:
    spans = sentence_spans(text)
    assert "".join(text[start:stop] for start, stop in spans) == text
    assert all(start < stop for start, stop in spans)
    assert all(left.stop == right.start for left, right in pairwise(spans))


@given(TEXTS)
def test_no_sentence_runs_over_a_line(text: str) -> None:
    assert not any("\n" in sentence for sentence in parted(text))


@given(TEXTS, TEXTS)
def test_what_follows_in_another_line_changes_no_sentence(first: str, second: str) -> None:
    alone = [part for part in (*parted(first), *parted(second)) if part]
    assert [part for part in parted(f"{first}\n{second}") if part] == alone


@given(TEXTS)
def test_no_word_is_parted(text: str) -> None:
    whole = words_in(text, Span(0, len(text)))
    assert [word for span in sentence_spans(text) for word in words_in(text, span)] == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("هل جاء؟ نعم! جاء.", ["هل جاء؟", "نعم!", "جاء."]),
        ("وہ آیا۔ پھر گیا۔", ["وہ آیا۔", "پھر گیا۔"]),
        ("بلغ 3.5 أمتار. ثم نما.", ["بلغ 3.5 أمتار.", "ثم نما."]),
        ("في سنة 1958. ثم عاد", ["في سنة 1958.", "ثم عاد"]),
        ("أ. م. خاشقجي كاتب. ولد", ["أ. م. خاشقجي كاتب.", "ولد"]),
        ("قال «نعم.» ثم ذهب", ["قال «نعم.»", "ثم ذهب"]),
        ("انتظر... ثم ذهب", ["انتظر...", "ثم ذهب"]),
        ("الخيار ب... ثم ج", ["الخيار ب...", "ثم ج"]),
        ("example.com موقع", ["example.com موقع"]),
        ("عنوان\r\nنص", ["عنوان", "نص"]),
        ("القسم أ.\nنص", ["القسم أ.", "نص"]),
    ],
)
def test_marks_end_sentences_and_points_in_words_do_not(text: str, expected: list[str]) -> None:
    assert parted(text) == expected


@pytest.mark.parametrize("text", ["." * 100_000, " " * 100_000, '."' * 50_000, "\n " * 50_000])
def test_odd_text_takes_no_quadratic_time(text: str) -> None:
    started = time.process_time()
    sentence_spans(text)
    assert time.process_time() - started < 2
