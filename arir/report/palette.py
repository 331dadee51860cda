"""One colour and one line pattern a system, the same on the page and in the plots.

The hues are those of Okabe and Ito (2008), which colour-blind readers tell apart, darkened or
lightened until each has a contrast of at least 3:1 on its background (WCAG 2.2, 1.4.11). After the
last hue they begin again with another line pattern, so that colour is never the only mark.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DARK", "DASHES", "LIGHT", "Style", "style_of", "style_sheet"]

LIGHT = ("#0067a5", "#c2500a", "#007a5a", "#9b4f8a", "#7d6608", "#4a5568")
DARK = ("#63b3ed", "#f39b57", "#45c49a", "#d997c8", "#d9c04a", "#b3bcc8")
#: lengths of strokes and gaps, in units of the line's width
DASHES = ((), (6.0, 2.0), (2.0, 2.0), (8.0, 2.0, 2.0, 2.0))


class Style(NamedTuple):
    """How a system is drawn."""

    colour: str
    dash: tuple[float, ...]


def style_of(system: int) -> Style:
    """The style of the system at a position, for a light background.

    >>> style_of(0) == style_of(6)
    False
    """
    return Style(LIGHT[system % len(LIGHT)], DASHES[system // len(LIGHT) % len(DASHES)])


def style_sheet() -> str:
    """The colours as CSS variables ``--system-0`` and so on, by colour scheme."""
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
    return f":root {{ {_variables(LIGHT)} }}\n{dark}\n"


def _variables(colours: tuple[str, ...]) -> str:
    return " ".join(f"--system-{i}: {colour};" for i, colour in enumerate(colours))
