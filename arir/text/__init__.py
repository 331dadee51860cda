"""Text normalisation profiles, pure functions from string to string."""

from arir.text.profiles import PROFILES, Profile, get_profile, normalise

__all__ = ["PROFILES", "Profile", "get_profile", "normalise"]
