"""The ``araelectra`` profile: how the AraBERT authors prepare text for AraELECTRA.

The twelve published models were trained on text in this form, so they must be asked in it. The
steps, their order and their character classes are those of ``ArabertPreprocessor`` (package
``arabert`` 1.0.1, ``preprocess.py``, the path of the second-generation models; Antoun, Baly and
Hajj, 2020 and 2021), where no Farasa segmentation takes place:

1. HTML entities become characters; diacritics (U+064B to U+0652) and tatweel go.
2. Links, e-mail addresses and mentions become ``[رابط]``, ``[بريد]`` and ``[مستخدم]``.
3. Mark-up in angle brackets becomes a space; Eastern Arabic digits become 0-9.
4. A non-digit that stands three times or more in a row is left twice.
5. Punctuation is set off with spaces, and so are digits beside Arabic letters.
6. ``/`` becomes ``-``; characters that AraELECTRA's vocabulary lacks become spaces; white space
   shrinks to single spaces.

The result is the same, character for character, but some expressions are written otherwise: no
input makes them run in quadratic time, and each is tried only where it can match. The source's
second link expression is left out, since it demands text behind the end of the text.

The profile is idempotent but for one case: of ``<>``, which is no tag, it makes ``< >``, which is.
Give it composed text (NFC): a hamza that follows its alef as a character of its own is set off as
if it were punctuation. What comes out is NFC.
"""

from __future__ import annotations

import html
import re

__all__ = ["araelectra"]

LINK, MAIL, USER = " [رابط] ", " [بريد] ", " [مستخدم] "
DIACRITICS = "\u064b\u064c\u064d\u064e\u064f\u0650\u0651\u0652"
TATWEEL = "\u0640"
LETTERS = "\u0621-\u063a\u0641-\u064a"

DOMAIN = re.compile(
    r"(?:https?://.)?(?:www\.)?[-a-zA-Z0-9@:%._+~#=]{2,256}\.[a-z]{2,6}\b[-a-zA-Z0-9@:%_+.~#?&/=]*"
)
#: what a text must hold for a link expression to be tried, and the expression, in order
LINKS = (
    (re.compile(r"\.[a-z]{2}"), DOMAIN),
    (re.compile("http"), re.compile(r"https?://[a-zA-Z0-9_\-./~?=%&]+")),
    (re.compile("www"), re.compile(r"www[a-zA-Z0-9_\-?=%&/.~]+")),
    (re.compile(r"\.com"), re.compile(r"[a-zA-Z]+\.com")),
    (re.compile("http"), re.compile(r"http\S*")),
    (re.compile("www"), re.compile(r"www\S*")),
    (re.compile("://"), re.compile("://")),
)
# The look-behinds start a search at the head of a word only, where the source's must begin too.
MAILS = (
    re.compile(r"(?<![\w-])[\w-]+@(?:[\w-]+\.)+[\w-]+"),
    re.compile(r"(?<!\S)\S[^\s@]*@\S+"),
)
MENTION = re.compile(r"@\w+")
TAG = re.compile(r"</?[^>]+>")
REPETITION = re.compile(r"(\D)\1\1+", re.DOTALL)

OTHER = re.compile(rf"[^0-9{LETTERS}a-zA-Z\[\]\s]")
ACCEPTED = frozenset("!\"#$%'()*+,.:;-<=>?@\\^_`{|}~·—–…‘’“”«»،؛؟٪୍ۚ") | frozenset(
    map(chr, (*range(0x0640, 0x066D), *range(0x0671, 0x0675)))
)
DIGITS = dict(zip("٠١٢٣٤٥٦٧٨٩", "0123456789", strict=True))
TOUCHING = re.compile(rf"[0-9](?:(?=[{LETTERS}])|(?<=[{LETTERS}].))")
DIGITS_LETTERS = re.compile(rf"([0-9]+)([{LETTERS}]+)")
LETTERS_DIGITS = re.compile(rf"([{LETTERS}]++)([0-9]+)")


def araelectra(text: str) -> str:
    """Prepare one text as AraELECTRA's training text was.

    >>> araelectra("وُلِدَ سنة ١٩٠٦م (القاهرة)، انظر https://example.org/a")
    'ولد سنة 1906 م ( القاهرة ) ، انظر [رابط]'
    """
    text = html.unescape(text)
    for mark in DIACRITICS + TATWEEL:
        text = text.replace(mark, "")
    text = _without_markup(_with_tokens(text))
    text = REPETITION.sub(r"\1\1", text)
    text = OTHER.sub(_set_off, text)
    if TOUCHING.search(text):
        text = DIGITS_LETTERS.sub(r" \1 \2 ", text)
        text = LETTERS_DIGITS.sub(r" \1 \2 ", text)
    return " ".join(text.split())


def _with_tokens(text: str) -> str:
    for hint, link in LINKS:
        if hint.search(text):
            text = link.sub(LINK, text)
    if "@" in text:
        for mail in MAILS:
            text = mail.sub(MAIL, text)
        text = MENTION.sub(USER, text)
    return text


def _without_markup(text: str) -> str:
    """Remove tags; behind the last ``>`` there can be none, and the search would be quadratic."""
    if ">" not in text:
        return text
    head, end, rest = text.replace("<br />", " ").rpartition(">")
    return TAG.sub(" ", head + end) + rest


def _set_off(found: re.Match[str]) -> str:
    """Replace a character that is no letter, digit, square bracket or space."""
    character = found[0]
    if character in DIGITS:
        return DIGITS[character]
    if character == "/":
        return " - "
    return f" {character} " if character in ACCEPTED else " "
