"""How flags and ``--set`` change the stages of a recipe."""

from __future__ import annotations

from typing import Any

from arir.cli.command import takes_several
from arir.errors import ConfigError, nearest
from arir.train.config import STAGE_METHODS
from arir.train.config.stages import COMMON

__all__ = ["merge_stages"]


def merge_stages(values: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Put flags, and changes such as ``distil.steps=100``, into the settings of a recipe.

    A flag goes before what any stage says, and a change of one stage before flags. A stage is named
    or numbered (``stages.1.steps=100``).

    Raises:
        ConfigError: where a change names no stage; what it sets is checked with the settings.
    """
    changes = given.pop("stages", ())
    stages = values.get("stages")
    if not isinstance(stages, list) or not all(isinstance(stage, dict) for stage in stages):
        return values | given
    own = [{str(key).replace("-", "_"): value for key, value in s.items()} for s in stages]
    for number, stage in enumerate(own):
        for key in given.keys() & COMMON.keys():
            # A later stage has no student; where it names one, that stays to be refused.
            if key != "student" or number == 0:
                stage.pop(key, None)
    faults = [fault for change in changes if (fault := _change(own, change))]
    if faults:
        raise ConfigError("; ".join(faults))
    return values | given | {"stages": own}


def _change(stages: list[dict[str, Any]], change: str) -> str | None:
    """Make one change in place, or say what is wrong with it."""
    place, _, value = (part.strip() for part in change.partition("="))
    named, _, key = place.removeprefix("stages.").partition(".")
    names = {str(stage.get("name")): stage for stage in stages}
    numbers = {str(number): stage for number, stage in enumerate(stages, 1)}
    stage = {**numbers, **names}.get(named)
    if stage is None:
        return f"--set {change}: no stage '{named}' ({nearest(named, names)})"
    key = key.replace("-", "_")
    method = STAGE_METHODS.get(str(stage.get("method")))
    several = method is not None and takes_several(method, key)
    stage[key] = value.split(",") if several else value
    return None
