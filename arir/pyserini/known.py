"""Which encoder strings are arir's: what Pyserini's guess by substring would get wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from arir.errors import ArirError
from arir.models.folders import saved_spec
from arir.models.registry import list_models, registry
from arir.models.spec import ModelSpec

__all__ = ["choose_spec", "is_known", "keywords"]


def keywords() -> dict[str, str]:
    """Lower-case names and hub ids of the registry's bi-encoders, to their names; longest first.

    Pyserini takes the first keyword that occurs anywhere in the lower-cased encoder string, so
    ``nokd-aradpr`` must be asked before ``kd-aradpr``.
    """
    specs = list_models("bi-encoder")
    names = {spec.name.lower(): spec.name for spec in specs}
    hub_ids = {spec.hub_id.lower(): spec.name for spec in specs if spec.hub_id}
    return dict(sorted((names | hub_ids).items(), key=lambda item: -len(item[0])))


def is_known(encoder: str | Path) -> bool:
    """Whether an encoder string is one of arir's: a name, a hub id, or a folder that arir saved.

    A folder also counts where its path holds the name of a registered model.
    """
    text = str(encoder)
    if any(keyword in text.lower() for keyword in keywords()):
        return True
    try:
        return saved_spec(Path(text).expanduser()) is not None
    except ArirError:
        return False


def choose_spec(encoder: str, name: str | None) -> str | ModelSpec:
    """What to load for an encoder string under the class ``name``, as ``load_encoder`` takes it.

    An explicit class decides over the settings of a local folder that does not bring its own: a
    copy of ``kd-aradpr`` may be called anything.
    """
    folder = Path(encoder).expanduser()
    entry = registry().get(name) if name else None
    if entry is None or not folder.is_dir() or saved_spec(folder) is not None:
        return encoder
    return replace(entry, folder=folder)
