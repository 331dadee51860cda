from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.errors import ConfigError
from arir.text import PROFILES, get_profile, normalise

ANY_TEXT = st.text(alphabet=st.characters(exclude_categories=()), max_size=60)


def test_a_profile_that_models_and_indexes_name_is_missing() -> None:
    assert set(PROFILES) == {"none", "araelectra", "lucene"}


def test_an_unknown_profile_is_taken_for_none() -> None:
    with pytest.raises(
        ConfigError, match=r"unknown profile 'araelectr'; did you mean araelectra\?"
    ):
        normalise("نص", "araelectr")
    with pytest.raises(ConfigError, match="known: araelectra, lucene, none"):
        get_profile("xyz")


@given(text=ANY_TEXT)
def test_none_changes_text(text: str) -> None:
    assert normalise(text, "none") == text


@pytest.mark.parametrize("profile", PROFILES)
@given(text=ANY_TEXT)
def test_a_profile_raises_on_some_string(profile: str, text: str) -> None:
    assert isinstance(normalise(text, profile), str)
