"""The languages that Lucene analyses, under Anserini's codes, and the analyser of each.

Anserini's indexer and searcher do not agree on every code (Hausa text would be indexed by the
English analyser and searched by white space), so both take their analyser from here.
"""

from __future__ import annotations

from typing import Any

from arir.errors import ConfigError, nearest

__all__ = ["ANALYSED", "LANGUAGES", "UNANALYSED", "WHITESPACE", "analyser", "check_language"]

#: languages with an analyser of their own: tokens, stop words and a light stemmer (Anserini 1.7)
ANALYSED = {
    "ar": "Arabic",
    "bn": "Bengali",
    "da": "Danish",
    "de": "German",
    "en": "English",
    "es": "Spanish",
    "fa": "Persian",
    "fi": "Finnish",
    "fr": "French",
    "hi": "Hindi",
    "hu": "Hungarian",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "nl": "Dutch",
    "no": "Norwegian",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "sv": "Swedish",
    "te": "Telugu",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
}
#: languages without one, which Anserini's baselines (Mr. TyDi, CIRAL) split at white space
UNANALYSED = {"ha": "Hausa", "so": "Somali", "sw": "Swahili", "yo": "Yoruba"}
#: any other language, tokenised beforehand: tokens are what stands between white space
WHITESPACE = "whitespace"
#: code -> name
LANGUAGES = {**ANALYSED, **UNANALYSED, WHITESPACE: "text that is tokenised already"}


def check_language(language: str) -> str:
    """Give a known code back.

    Raises:
        ConfigError: for any other, with the nearest codes.
    """
    if language in LANGUAGES:
        return language
    named = [code for code, name in LANGUAGES.items() if name.lower() == language.lower()]
    likely = f"did you mean {named[0]}?" if named else nearest(language, LANGUAGES)
    raise ConfigError(
        f"no Lucene analyser for language '{language}'",
        fix=f"{likely} (--language {WHITESPACE} takes tokenised text)",
    )


def analyser(language: str) -> Any:
    """A Lucene ``Analyzer``, the same for passages and queries.

    Raises:
        ConfigError: where the language is unknown.
    """
    from arir.lucene.jvm import java_class

    check_language(language)
    if language == "en":
        return java_class("io.anserini.analysis.DefaultEnglishAnalyzer").newDefaultInstance()
    if language in ANALYSED:
        return java_class("io.anserini.analysis.AnalyzerMap").getLanguageSpecificAnalyzer(language)
    return java_class("org.apache.lucene.analysis.core.WhitespaceAnalyzer")()
