"""Arabic in plots: joined letters, right to left, and fonts that have the glyphs.

From 3.11 on matplotlib shapes text itself, with libraqm, and text that was shaped before would be
turned round twice. Earlier versions draw letter by letter from left to right: it is done for them.
"""

from __future__ import annotations

from arir.display import directed

__all__ = ["font_families", "shaped"]

#: after DejaVu Sans, which matplotlib brings and which has Arabic: fonts for other scripts
FALLBACKS = (
    "Noto Sans Devanagari",
    "Noto Sans Bengali",
    "Noto Sans Telugu",
    "Noto Sans Thai",
    "Noto Sans Ethiopic",
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans CJK KR",
    "Nirmala UI",
    "Leelawadee UI",
    "Microsoft YaHei",
    "Hiragino Sans",
)


def shaped(text: str) -> str:
    """A text as this version of matplotlib must be given it."""
    return directed(text, "plain" if _shapes_itself() else "visual")


def _shapes_itself() -> bool:
    from matplotlib import ft2font

    return hasattr(ft2font, "__libraqm_version__")


def font_families() -> list[str]:
    """Families for ``font.family``; matplotlib takes each glyph from the first that has it."""
    from matplotlib.font_manager import get_font_names

    installed = set(get_font_names())
    return ["DejaVu Sans", *(name for name in FALLBACKS if name in installed)]
