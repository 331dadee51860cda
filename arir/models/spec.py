"""What arir knows of a model: the settings without which its vectors and scores are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from arir.config import configuration, option
from arir.text import get_profile

__all__ = ["Family", "ModelSpec", "Pooling", "Similarity"]

Family = Literal["bi-encoder", "cross-encoder", "late-interaction"]
Pooling = Literal["mean", "cls", "max", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
Similarity = Literal["dot", "cosine"]

#: the settings that each family must have, and that no other family may
NEEDED: dict[Family, tuple[str, ...]] = {
    "bi-encoder": ("similarity", "query_length", "passage_length"),
    "cross-encoder": ("pair_length",),
    "late-interaction": ("query_length", "passage_length"),
}


@configuration
class ModelSpec:
    """One model: where it comes from, and how text goes in and a score comes out.

    A bi-encoder has a pooling, a similarity and two lengths; a late-interaction model two lengths
    (its score is MaxSim); a cross-encoder has a pair length.
    """

    name: str = option("Short name, or the path or hub id that it was asked for with")
    family: Family = option("bi-encoder, cross-encoder or late-interaction")
    hub_id: str | None = option("Repository on the model hub", default=None)
    revision: str | None = option("Commit on the hub; null follows its main branch", default=None)
    pooling: Pooling | None = option(
        "How token vectors become one, where the folder itself does not say", default=None
    )
    similarity: Similarity | None = option("dot or cosine, in search", default=None)
    query_length: int | None = option("Longest query, tokens", default=None, at_least=3)
    passage_length: int | None = option("Longest passage, tokens", default=None, at_least=3)
    pair_length: int | None = option(
        "Longest query and passage together, tokens (cross-encoders)", default=None, at_least=4
    )
    query_prefix: str = option("Put before every query", default="")
    passage_prefix: str = option("Put before every passage", default="")
    profile: str = option("Text normalisation profile, applied before the prefix", default="none")
    languages: tuple[str, ...] = option("ISO 639 codes, or 'multilingual'", default=())
    licence: str | None = option("SPDX identifier; null where none is stated", default=None)
    citation: str | None = option("BibTeX key or arXiv number", default=None)
    note: str | None = option("What a user should know before comparing with it", default=None)
    folder: Path | None = option("Local folder, where it does not come from the hub", default=None)

    def __post_init__(self) -> None:
        """Check that the family has the settings that it needs and no others.

        Raises:
            ValueError: naming the missing or superfluous settings.
            ConfigError: for an unknown normalisation profile.
        """
        get_profile(self.profile)
        needed = NEEDED[self.family]
        foreign = dict.fromkeys(key for keys in NEEDED.values() for key in keys)
        missing = [key for key in needed if getattr(self, key) is None]
        superfluous = [
            key for key in foreign if key not in needed and getattr(self, key) is not None
        ]
        if missing:
            raise ValueError(f"a {self.family} needs {' and '.join(missing)}")
        if superfluous:
            raise ValueError(f"a {self.family} has no {' and no '.join(superfluous)}")
