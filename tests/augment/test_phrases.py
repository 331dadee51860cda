from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.augment.phrases import ENGLISH_STOP_WORDS, PhraseTable, word_spans


def words(text: str) -> list[str]:
    return [text[start:end] for start, end in word_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Egypt's capital, Cairo!", ["Egypt", "capital", "Cairo"]),
        ("don’t well-known O'Brien's", ["don’t", "well-known", "O'Brien"]),
        ("كَتَبَ الوَلَدُ، ثم ذهب؟", ["كَتَبَ", "الوَلَدُ", "ثم", "ذهب"]),
        ("COVID-19 (2019)", ["COVID-19", "2019"]),
        ("snake_case", ["snake", "case"]),
        ("... — !?", []),
        ("", []),
    ],
)
def test_words_are_found_without_their_punctuation(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text())
def test_spans_are_ordered_and_hold_no_space(text: str) -> None:
    end = 0
    for start, stop in word_spans(text):
        assert end <= start < stop
        assert not any(character.isspace() for character in text[start:stop])
        end = stop


def match(table: PhraseTable, text: str, position: int = 0) -> tuple[int, tuple[str, ...]] | None:
    return table.longest_match(text, word_spans(text), position)


@pytest.mark.parametrize("order", [1, -1])
def test_the_longest_entry_wins_wherever_it_stands(order: int) -> None:
    entries = [("new", ["جديد"]), ("new york", ["ن"]), ("new york city", ["م"])]
    table = PhraseTable.build(dict(entries[::order]))
    assert match(table, "New York City hall") == (3, ("م",))
    assert match(table, "New York hall") == (2, ("ن",))
    assert match(table, "new hall") == (1, ("جديد",))
    assert match(table, "a new hall", 1) == (1, ("جديد",))


def test_words_of_an_entry_must_stand_together() -> None:
    table = PhraseTable.build({"new york": ["ن"], "covid-19": ["ك"], "st. louis": ["س"]})
    assert match(table, "new, york") is None
    assert match(table, "new\n york") == (2, ("ن",))
    assert match(table, "COVID-19.") == (1, ("ك",))
    assert match(table, "St. Louis") == (2, ("س",))
    assert match(table, "York new") is None


def test_an_entry_in_the_same_case_is_preferred() -> None:
    table = PhraseTable.build({"Turkey": ["تركيا"], "turkey": ["ديك"]})
    assert match(table, "Turkey") == (1, ("تركيا",))
    assert match(table, "turkey") == (1, ("ديك",))
    assert match(table, "TURKEY") == (1, ("تركيا", "ديك"))


def test_chemical_symbols_do_not_replace_pronouns() -> None:
    table = PhraseTable.build({"He": ["هليوم"], "I": ["يود"], "WHO": ["ذا هو"], "US": ["أمريكا"]})
    for pronoun in ("he", "He", "I", "who", "Who", "us"):
        assert match(table, pronoun) is None
    assert match(table, "WHO") == (1, ("ذا هو",))
    assert match(table, "US") == (1, ("أمريكا",))


def test_stop_words_are_left_out_on_request() -> None:
    lexicon = {"in": ["إنش"], "In": ["إنديوم"], "In the end": ["في النهاية"]}
    table = PhraseTable.build(lexicon, without=ENGLISH_STOP_WORDS)
    assert match(table, "in") is None
    assert match(table, "in the end") == (3, ("في النهاية",))
    assert match(PhraseTable.build(lexicon), "in") == (1, ("إنش",))


def test_both_apostrophes_are_the_same() -> None:
    table = PhraseTable.build({"valentine's day": ["عيد الحب"]})
    assert match(table, "Valentine’s Day") == (2, ("عيد الحب",))


def test_entries_without_a_word_are_left_out() -> None:
    assert PhraseTable.build({"!": ["!"], "": ["x"]}) == PhraseTable({}, {}, {})


def test_coverage_is_the_share_of_words_with_a_translation() -> None:
    table = PhraseTable.build({"new york": ["ن"], "river": ["نهر"]})
    assert table.coverage(["A river in New York", "nothing"]) == pytest.approx(3 / 6)
    assert table.coverage([]) == 0.0
