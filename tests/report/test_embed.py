"""Data inside HTML: nothing acts as markup, and nothing is lost."""

from __future__ import annotations

import base64
import hashlib
import json
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arir.report.embed import json_for_script, policy_hash

TEXTS = st.text(st.characters(codec=None)) | st.sampled_from(["</script>", "<!--", "]]>", "&lt;"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=20,
)


class Scripts(HTMLParser):
    """Collects the elements of a page and the contents of its scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.tags: list[str] = []
        self.content = ""

    def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.content += data


@given(VALUES)
@example("</script><script>alert(1)</script>")
@example("<!--<script>")
@example("\ud800 \u2028")
def test_a_browser_reads_back_what_was_written_and_nothing_else(value: Any) -> None:
    parser = Scripts()
    written = json_for_script(value)
    parser.feed(f'<script type="application/json">{written}</script>')
    parser.close()
    assert parser.tags == ["script"]
    assert json.loads(parser.content) == value


@given(TEXTS)
def test_no_letter_that_opens_or_ends_markup_is_left(text: str) -> None:
    assert not set("<>&\u2028\u2029") & set(json_for_script(text))


@given(TEXTS)
def test_the_text_can_be_written_as_utf8(text: str) -> None:
    json_for_script(text).encode("utf-8")


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        json_for_script(float("nan"))


@given(TEXTS.filter(lambda text: not any("\ud800" <= c <= "\udfff" for c in text)))
def test_the_policy_names_the_sha256_of_the_text(text: str) -> None:
    digest = base64.b64decode(policy_hash(text).removeprefix("'sha256-").removesuffix("'"))
    assert digest == hashlib.sha256(text.encode()).digest()
