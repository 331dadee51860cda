from __future__ import annotations

import math
import random
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.augment.code_switch import (
    CodeSwitcher,
    code_switch,
    code_switch_multilingual,
    text_rng,
)
from arir.augment.phrases import PhraseTable
from arir.data.lexicon import read_lexicon

LEXICON = PhraseTable.build(
    {"river": ["نهر"], "new york": ["نيويورك"], "york": ["يورك"], "long": ["طويل", "مديد"]}
)
GERMAN = PhraseTable.build({"river": ["fluss"], "long": ["lang"]})
TEXT = "The river -- in New York -- is long.  River?"


def switch(text: str, p: float = 1.0, seed: int = 0, lexicon: PhraseTable = LEXICON) -> str:
    return code_switch(text, lexicon, p, random.Random(seed))


def test_everything_but_the_entries_stays_to_the_letter() -> None:
    assert switch(TEXT) in {
        f"The نهر -- in نيويورك -- is {word}.  نهر?" for word in ("طويل", "مديد")
    }


@given(st.text(string.ascii_letters + " -'.,!?\n\tنه"), st.integers(0, 9))
def test_probability_zero_gives_the_text_back(text: str, seed: int) -> None:
    assert switch(text, 0.0, seed) == text


@given(st.text(string.ascii_letters + " -'.,!?"))
def test_a_text_that_the_lexicon_does_not_know_stays(text: str) -> None:
    assert switch(text, lexicon=PhraseTable.build({"नदी": ["x"]})) == text


def test_a_phrase_is_switched_whole_or_not_at_all() -> None:
    seen = {switch("New York", 0.5, seed) for seed in range(50)}
    assert seen == {"New York", "نيويورك"}


def test_the_share_of_replacements_is_the_probability() -> None:
    text = " ".join(["river"] * 4000)
    share = switch(text, 0.3).split().count("نهر") / 4000
    assert share == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 4000))


def test_all_translations_are_drawn_equally() -> None:
    drawn = switch(" ".join(["long"] * 4000)).split()
    assert drawn.count("مديد") / 4000 == pytest.approx(0.5, abs=0.04)


def test_languages_are_drawn_anew_at_each_word_and_may_lack_it() -> None:
    text = " ".join(["river new york"] * 1000)
    switched = code_switch_multilingual(text, [LEXICON, GERMAN], 1.0, random.Random(0))
    words = switched.replace("new york", "new_york").split()
    assert set(words) == {"نهر", "fluss", "نيويورك", "new_york"}
    for word in set(words):
        assert words.count(word) == pytest.approx(500, abs=70)


def test_a_language_that_knows_a_part_of_a_phrase_leaves_it_whole() -> None:
    partial_knowledge = PhraseTable.build({"new": ["neu"]})
    seen = {
        code_switch_multilingual("New York", [LEXICON, partial_knowledge], 1.0, random.Random(seed))
        for seed in range(20)
    }
    assert seen == {"نيويورك", "New York"}


@pytest.mark.parametrize(
    ("text", "expected"), [("river", "fluss"), ("River", "Fluss"), ("RIVER", "FLUSS")]
)
def test_capitals_pass_on_to_the_translation(text: str, expected: str) -> None:
    assert switch(text, lexicon=GERMAN) == expected


def test_the_same_seed_and_id_give_the_same_text_in_any_order() -> None:
    switcher = CodeSwitcher((LEXICON, GERMAN), seed=7)
    texts = {f"q{number}": TEXT for number in range(20)}
    forward = {key: switcher.query(key, text) for key, text in texts.items()}
    backward = {key: switcher.query(key, texts[key]) for key in reversed(texts)}
    assert forward == backward
    assert len(set(forward.values())) > 5


@pytest.mark.parametrize("change", ["seed", "epoch", "side", "id"])
def test_seed_epoch_side_and_id_each_draw_anew(change: str) -> None:
    first = CodeSwitcher((LEXICON,), seed=1)
    second = CodeSwitcher((LEXICON,), seed=2 if change == "seed" else 1)
    score = second.passage if change == "side" else second.query
    text = " ".join(["river long"] * 30)
    epoch, identifier = int(change == "epoch"), "2" if change == "id" else "1"
    assert first.query("1", text) != score(identifier, text, epoch)


def test_draws_do_not_change_between_versions_and_machines() -> None:
    assert text_rng(7, "query", "q1", 0).random() == pytest.approx(0.04290, abs=1e-5)


def test_each_side_has_its_own_probability() -> None:
    switcher = CodeSwitcher((LEXICON,), query_p=0.0, passage_p=1.0)
    assert switcher.query("1", TEXT) == TEXT
    assert "نيويورك" in switcher.passage("1", TEXT)


@pytest.mark.parametrize("p", [-0.1, 1.1, math.nan])
def test_impossible_probabilities_are_refused(p: float) -> None:
    for attempt in (
        lambda: switch(TEXT, p),
        lambda: CodeSwitcher((LEXICON,), query_p=p),
        lambda: CodeSwitcher((LEXICON,), passage_p=p),
    ):
        with pytest.raises(ValueError, match="must lie in"):
            attempt()


def test_no_lexicon_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one lexicon"):
        CodeSwitcher(())
    with pytest.raises(ValueError, match="at least one lexicon"):
        code_switch_multilingual(TEXT, [], 1.0, random.Random(0))


def test_the_shared_lexicons_switch_an_english_question(shared_data: Path) -> None:
    files = ("cldr", "tico19-terms", "arwikicats")
    lexicon = read_lexicon(*(shared_data / "lexicon" / f"{name}.tsv.gz" for name in files))
    table = PhraseTable.build(lexicon)
    switched = switch("Is South Africa far from the 1918 flu?", lexicon=table)
    assert switched == "Is جنوب أفريقيا far from the إنفلونزا 1918?"
