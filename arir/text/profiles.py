"""Text normalisation profiles by name.

A profile belongs to a model or an index: passages and queries must be written in the form that the
model was trained on, or that the index was built from, so the name is recorded with each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from arir.errors import ConfigError, nearest
from arir.text.araelectra import araelectra
from arir.text.lucene import lucene

__all__ = ["PROFILES", "Profile", "get_profile", "normalise"]

Profile = Callable[[str], str]


def _none(text: str) -> str:
    return text


#: profile name -> pure function
PROFILES: Mapping[str, Profile] = MappingProxyType(
    {"none": _none, "araelectra": araelectra, "lucene": lucene}
)


def get_profile(name: str) -> Profile:
    """The function of a profile, to apply to many texts.

    Raises:
        ConfigError: where there is no profile of that name.
    """
    if name not in PROFILES:
        raise ConfigError(f"unknown profile '{name}'", fix=nearest(name, PROFILES))
    return PROFILES[name]


def normalise(text: str, profile: str) -> str:
    """Write ``text`` in the form that a profile asks for.

    Raises:
        ConfigError: where there is no profile of that name.

    >>> normalise("كِتـاب", "lucene")
    'كتاب'
    >>> normalise("كِتـاب", "none")
    'كِتـاب'
    """
    return get_profile(profile)(text)
