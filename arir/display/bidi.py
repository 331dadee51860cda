"""Arabic (and any right-to-left) text in the right direction, whatever the terminal can do.

Terminals differ, and cannot be asked. What is known of them decides:

``isolate``
    The terminal orders the text itself (GNOME Terminal and others on VTE 0.58 or later, Konsole,
    Apple Terminal, iTerm2, mlterm, mintty): logical order between the isolates FSI and PDI, so
    that neighbouring cells do not mix.
``visual``
    It does not (VS Code, Windows Terminal, the Linux console, Alacritty, WezTerm, foot, Ghostty,
    xterm itself): letters are joined and put in visual order here.
``words``
    kitty turns single words only: the order of the words is turned here.
``plain``
    No terminal (a file, a pipe), or an unknown one (over SSH, within tmux or screen unless they
    pass on who they run in): logical order, which at least can be copied soundly.

The environment variable ``ARIR_BIDI`` (``terminal``, ``visual`` or ``plain``) has the last word.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal

from arir.errors import ConfigError

__all__ = ["Mode", "directed", "is_right_to_left", "terminal_mode"]

Mode = Literal["isolate", "visual", "words", "plain"]

FSI, PDI, LRM = "\u2068", "\u2069", "\u200e"
#: Hebrew, Arabic, Syriac, Thaana, N'Ko ... and the presentation forms
RIGHT_TO_LEFT = re.compile(r"[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff]")
OVERRIDES: dict[str, Mode] = {"terminal": "isolate", "visual": "visual", "plain": "plain"}
#: VTE orders text from 0.58 on, which it reports as 5800
VTE_BIDI = 5800
PROGRAMS: dict[str, Mode] = {
    "apple_terminal": "isolate",
    "iterm.app": "isolate",
    "iterm2": "isolate",
    "mintty": "isolate",
    "vscode": "visual",
    "wezterm": "visual",
    "ghostty": "visual",
    "alacritty": "visual",
    "kitty": "words",
}
TERMS: dict[str, Mode] = {
    "linux": "visual",
    "alacritty": "visual",
    "foot": "visual",
    "foot-extra": "visual",
    "wezterm": "visual",
    "xterm-ghostty": "visual",
    "xterm-kitty": "words",
    "mlterm": "isolate",
    "putty": "isolate",
}
#: variables that one terminal alone sets
MARKS: dict[str, Mode] = {
    "KONSOLE_VERSION": "isolate",
    "MLTERM": "isolate",
    "WT_SESSION": "visual",
    "ALACRITTY_WINDOW_ID": "visual",
    "WEZTERM_PANE": "visual",
    "GHOSTTY_RESOURCES_DIR": "visual",
    "KITTY_WINDOW_ID": "words",
    "XTERM_VERSION": "visual",
}


def is_right_to_left(text: str) -> bool:
    """Whether the text holds a right-to-left letter.

    >>> is_right_to_left("ما هي عاصمة مصر؟"), is_right_to_left("BM25")
    (True, False)
    """
    return RIGHT_TO_LEFT.search(text) is not None


def terminal_mode(is_terminal: bool, environment: Mapping[str, str] = os.environ) -> Mode:
    """How right-to-left text must be written for the output at hand.

    Raises:
        ConfigError: where ``ARIR_BIDI`` holds another word.

    >>> terminal_mode(True, {"TERM_PROGRAM": "vscode"}), terminal_mode(False, {})
    ('visual', 'plain')
    """
    wish = environment.get("ARIR_BIDI", "")
    if wish:
        if wish not in OVERRIDES:
            known = ", ".join(OVERRIDES)
            raise ConfigError(f"ARIR_BIDI is {wish!r}", fix=f"set it to one of {known}")
        return OVERRIDES[wish]
    return _known_terminal(environment) if is_terminal else "plain"


def _known_terminal(environment: Mapping[str, str]) -> Mode:
    # The program that runs innermost names itself; the marks of an outer one are inherited.
    for variable in ("TERM_PROGRAM", "LC_TERMINAL"):
        program = environment.get(variable, "").lower()
        if program in PROGRAMS:
            return PROGRAMS[program]
    term = environment.get("TERM", "")
    if term in TERMS:
        return TERMS[term]
    for variable, mode in MARKS.items():
        if environment.get(variable):
            return mode
    version = environment.get("VTE_VERSION", "")
    if version.isdigit():
        return "isolate" if int(version) >= VTE_BIDI else "visual"
    return "plain"


def directed(text: str, mode: Mode) -> str:
    """Write a text so that it reads in the right direction; text without such letters stays.

    >>> directed("BM25", "isolate")
    'BM25'
    >>> directed("مصر", "isolate") == FSI + "مصر" + PDI + LRM
    True
    """
    if mode == "plain" or not is_right_to_left(text):
        return text
    if mode == "isolate":
        # The mark keeps a number in the next cell apart where isolates are not understood.
        return f"{FSI}{text}{PDI}{LRM}"
    return _visual(text) if mode == "visual" else _words(text)


def _visual(text: str) -> str:
    from arabic_reshaper import reshape
    from bidi.algorithm import get_display

    return str(get_display(reshape(text)))


def _words(text: str) -> str:
    """Visual order of the words, logical order within each right-to-left word."""
    from bidi.algorithm import get_display

    words = str(get_display(text)).split(" ")
    return " ".join(str(get_display(word)) if is_right_to_left(word) else word for word in words)
