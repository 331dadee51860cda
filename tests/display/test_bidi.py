"""Right-to-left text: which terminal gets what, and what is written."""

from __future__ import annotations

import pytest

from arir.display.bidi import directed, is_right_to_left, terminal_mode
from arir.errors import ConfigError


@pytest.mark.parametrize(
    ("environment", "mode"),
    [
        ({"VTE_VERSION": "7600", "TERM": "xterm-256color"}, "isolate"),
        ({"VTE_VERSION": "5202", "TERM": "xterm-256color"}, "visual"),
        ({"KONSOLE_VERSION": "230804"}, "isolate"),
        ({"TERM_PROGRAM": "Apple_Terminal"}, "isolate"),
        ({"TERM_PROGRAM": "iTerm.app"}, "isolate"),
        ({"LC_TERMINAL": "iTerm2", "TERM": "xterm-256color"}, "isolate"),
        ({"TERM": "mlterm"}, "isolate"),
        ({"TERM_PROGRAM": "mintty"}, "isolate"),
        ({"TERM_PROGRAM": "vscode"}, "visual"),
        ({"TERM_PROGRAM": "vscode", "VTE_VERSION": "7600"}, "visual"),
        ({"WT_SESSION": "1"}, "visual"),
        ({"TERM": "linux"}, "visual"),
        ({"TERM": "alacritty"}, "visual"),
        ({"TERM": "foot"}, "visual"),
        ({"TERM_PROGRAM": "WezTerm"}, "visual"),
        ({"TERM_PROGRAM": "ghostty"}, "visual"),
        ({"TERM": "xterm-kitty"}, "words"),
        ({"KITTY_WINDOW_ID": "1"}, "words"),
        ({"TERM": "tmux-256color", "TMUX": "x"}, "plain"),
        ({"TERM": "tmux-256color", "TERM_PROGRAM": "tmux", "VTE_VERSION": "7600"}, "isolate"),
        ({"TERM": "screen"}, "plain"),
        ({"TERM": "xterm-256color", "SSH_TTY": "/dev/pts/0"}, "plain"),
        ({}, "plain"),
    ],
)
def test_each_terminal_gets_what_it_can_show(environment: dict[str, str], mode: str) -> None:
    assert terminal_mode(True, environment) == mode
    assert terminal_mode(False, environment) == "plain"


@pytest.mark.parametrize(
    ("wish", "mode"), [("terminal", "isolate"), ("visual", "visual"), ("plain", "plain")]
)
def test_the_user_has_the_last_word(wish: str, mode: str) -> None:
    for is_terminal in (True, False):
        assert terminal_mode(is_terminal, {"ARIR_BIDI": wish, "TERM_PROGRAM": "vscode"}) == mode


def test_an_unknown_wish_is_refused() -> None:
    with pytest.raises(ConfigError, match="ARIR_BIDI is 'rtl'; set it to one of terminal, visual"):
        terminal_mode(True, {"ARIR_BIDI": "rtl"})


def test_logical_text_is_isolated_and_otherwise_kept() -> None:
    assert directed("سؤال 5", "isolate") == "\u2068سؤال 5\u2069\u200e"
    assert directed("سؤال 5", "plain") == "سؤال 5"


def test_visual_text_is_joined_and_turned() -> None:
    assert directed("سلام", "visual") == "\ufee1\ufefc\ufeb3"
    # The first letter decides which way the whole text goes.
    assert directed("BM25 سلام 2", "visual") == "BM25 2 \ufee1\ufefc\ufeb3"
    assert directed("سلام BM25", "visual") == "BM25 \ufee1\ufefc\ufeb3"


def test_kitty_gets_the_words_turned_and_the_letters_kept() -> None:
    assert directed("ما عاصمة مصر", "words") == "مصر عاصمة ما"


@pytest.mark.parametrize("mode", ["isolate", "visual", "words", "plain"])
def test_left_to_right_text_is_never_touched(mode: str) -> None:
    assert directed("nDCG@10 (é)", mode) == "nDCG@10 (é)"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["سؤال", "שלום", "ﻡ", "BM25 و"])
def test_right_to_left_letters_are_known(text: str) -> None:
    assert is_right_to_left(text)
