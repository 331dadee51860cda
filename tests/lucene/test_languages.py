from __future__ import annotations

import pytest

from arir.errors import ConfigError
from arir.lucene import java_class
from arir.lucene.languages import ANALYSED, LANGUAGES, analyser, check_language


def test_a_language_is_listed_that_anserini_does_not_analyse() -> None:
    known = java_class("io.anserini.analysis.AnalyzerMap").analyzerMap
    assert {code for code in ANALYSED if not known.containsKey(code)} == {"en"}
    assert known.size() == len(ANALYSED) - 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_listed_language_has_no_analyser(language: str) -> None:
    assert analyser(language) is not None


@pytest.mark.parametrize(
    ("language", "text", "terms"),
    [
        ("ar", "المكتبات والكتب في القاهرة", ["مكتب", "كتب", "قاهر"]),
        ("en", "The libraries of Cairo", ["librari", "cairo"]),
        ("yo", "Àwọn ìwé, The libraries", ["Àwọn", "ìwé,", "The", "libraries"]),
        ("whitespace", "ال+ كتاب +ات", ["ال+", "كتاب", "+ات"]),
    ],
)
def test_text_meets_the_wrong_analyser(language: str, text: str, terms: list[str]) -> None:
    utils = java_class("io.anserini.analysis.AnalyzerUtils")
    assert list(utils.analyze(analyser(language), text).toArray()) == terms


@pytest.mark.parametrize(
    ("language", "remedy"),
    [("arabic", r"did you mean ar\?"), ("arr", r"did you mean ar\?"), ("xx", "known: ar, bn, da")],
)
def test_an_unknown_language_is_indexed_as_english(language: str, remedy: str) -> None:
    with pytest.raises(ConfigError, match=f"for language '{language}'; {remedy}"):
        check_language(language)
    with pytest.raises(ConfigError, match="--language whitespace takes tokenised text"):
        analyser(language)
