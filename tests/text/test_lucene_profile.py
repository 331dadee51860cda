"""The ``lucene`` profile against Lucene's own ArabicNormalizationFilter, called in the JVM."""

from __future__ import annotations

import gzip
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arir.text.lucene import lucene

Normaliser = Callable[[str], str]
ARABIC_BLOCKS = ((0x0600, 0x06FF), (0x0750, 0x077F), (0x08A0, 0x08FF), (0xFB50, 0xFDFF))
CHARACTERS = st.one_of(
    st.characters(min_codepoint=0x0620, max_codepoint=0x0652),
    *(st.characters(min_codepoint=first, max_codepoint=last) for first, last in ARABIC_BLOCKS),
    st.characters(codec="utf-8"),
)


@pytest.fixture(scope="session")
def filtered() -> Normaliser:
    """What Lucene's filter makes of a text that its tokenizer passes on as one token."""
    from arir.lucene import java_class

    analysis = "org.apache.lucene.analysis"
    tokenizer = java_class(f"{analysis}.core.KeywordTokenizer")
    normalisation = java_class(f"{analysis}.ar.ArabicNormalizationFilter")
    term = java_class(f"{analysis}.tokenattributes.CharTermAttribute")
    reader = java_class("java.io.StringReader")

    def _filtered(text: str) -> str:
        source = tokenizer()
        source.setReader(reader(text))
        tokens = normalisation(source)
        tokens.reset()
        result = tokens.getAttribute(term).toString() if tokens.incrementToken() else ""
        tokens.close()
        return str(result)

    return _filtered


@settings(max_examples=500)
@given(st.text(alphabet=CHARACTERS, max_size=40))
@example("مُؤَسَّسَةٌ أُولَىٰ آمِنَةـــ إِلى ٱلله 😀")
def test_differs_from_lucene(filtered: Normaliser, text: str) -> None:
    assert lucene(text) == filtered(text)


def test_differs_from_lucene_on_some_arabic_code_point(filtered: Normaliser) -> None:
    points = [chr(code) for first, last in ARABIC_BLOCKS for code in range(first, last + 1)]
    text = "\n".join(f"ب{point}ب" for point in points)
    assert lucene(text).split("\n") == filtered(text).split("\n")


def test_differs_from_lucene_on_real_text(filtered: Normaliser, shared_data: Path) -> None:
    tokens: set[str] = set()
    for name in ("bible", "tatoeba", "ntrex", "pud", "tico19", "react-docs"):
        with gzip.open(shared_data / "bitext" / f"{name}.tsv.gz", "rt", encoding="utf-8") as stream:
            tokens.update(token for line in stream for token in line.split())
    text = "\n".join(sorted(tokens))
    assert len(tokens) > 50_000
    assert sum(lucene(token) != token for token in tokens) > 10_000
    assert lucene(text).split("\n") == filtered(text).split("\n")


@given(st.text(alphabet=CHARACTERS, max_size=40))
def test_a_second_pass_changes_anything(text: str) -> None:
    assert lucene(lucene(text)) == lucene(text)


def test_digits_case_or_farsi_letters_are_folded_which_other_filters_do() -> None:
    assert lucene("٣ ABC ك ک ی ٱ") == "٣ ABC ك ک ی ٱ"


def test_the_note_on_composition_is_wrong() -> None:
    decomposed = unicodedata.normalize("NFD", "أ")
    assert lucene(decomposed) == decomposed
    assert lucene("أ") == "ا"
    assert not unicodedata.is_normalized("NFC", lucene("أ\u0653"))
