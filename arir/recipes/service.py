"""What ``arir recipes`` shows: recipes, and what they leave to their user."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any

from arir.config import from_mapping, from_yaml
from arir.errors import ConfigError, nearest
from arir.recipes.config import ListRecipesConfig, ShowRecipeConfig
from arir.recipes.find import find_recipe, recipe_names
from arir.train.config import METHODS, STAGE_METHODS

__all__ = ["Recipe", "list_recipes", "read_recipe", "show_recipe"]

#: settings of which one or the other is to be given, by method and labels
CHOICES = {
    ("lists", "teacher"): ("teacher_scores",),
    ("lists", "hard"): ("mined",),
    ("bitext", "teacher"): ("teacher",),
}


@dataclass(frozen=True)
class Recipe:
    """A recipe file.

    Attributes:
        name: its name, or its path.
        method: how it trains.
        family: what its student becomes, where it says so.
        summary: the first paragraph of its comment.
        text: the file.
        needed: settings that are still to be given, in order; ``distil.bitext`` is a stage's.
    """

    name: str
    method: str
    family: str | None
    summary: str
    text: str
    needed: tuple[str, ...]


def list_recipes(config: ListRecipesConfig) -> list[Recipe]:  # noqa: ARG001
    """All shipped recipes, by name."""
    return [read_recipe(name) for name in recipe_names()]


def show_recipe(config: ShowRecipeConfig) -> Recipe:
    """One recipe.

    Raises:
        ConfigError: where there is none of that name, or its settings are wrong.
    """
    return read_recipe(config.name)


def read_recipe(name: str) -> Recipe:
    """Read a recipe by its name or path, and check the settings that it gives.

    Raises:
        ConfigError: where there is none, or for wrong settings, naming all of them.
    """
    path = find_recipe(name)
    values = {key.replace("-", "_"): value for key, value in from_yaml(path).items()}
    method = str(values.get("method", next(iter(METHODS))))
    if method not in METHODS:
        raise ConfigError(f"no method '{method}'", where=path, fix=nearest(method, METHODS))
    needed = _needed_of_stages(values) if method == "stages" else _needed(method, values)
    needed.sort(key=lambda key: key == "output")  # what goes in stands before what comes out
    _check(path, method, values, needed)
    text = path.read_text(encoding="utf-8")
    return Recipe(name, method, values.get("family"), _summary(text), text, tuple(needed))


def _needed(method: str, values: dict[str, Any]) -> list[str]:
    """Required settings that are not given, then those of which the labels need one."""
    cls = STAGE_METHODS[method]
    fields = cls.__pydantic_fields__  # type: ignore[attr-defined]  # pydantic's
    labels = str(values.get("labels", "teacher"))
    keys = [key for key, info in fields.items() if info.is_required()]
    if not {"judged", "teacher_scores"} <= values.keys():  # judged lists of scored passages are one
        keys += CHOICES.get((method, labels), ())
    if values.get("switch_queries") or values.get("switch_passages"):
        keys.append("lexicon")
    return [key for key in keys if key not in values]


def _needed_of_stages(values: dict[str, Any]) -> list[str]:
    """What the whole lacks, and what each stage lacks that is not given for all."""
    needed = [key for key in ("student", "output") if key not in values]
    for number, stage in enumerate(values.get("stages") or ()):
        own = {str(key).replace("-", "_"): value for key, value in stage.items()}
        method = str(own.get("method"))
        if method not in STAGE_METHODS:
            continue  # the check says so
        own = {**values, **own, "output": "", "student": ""}
        needed += [f"{stage.get('name', number + 1)}.{key}" for key in _needed(method, own)]
    return needed


def _check(path: Path, method: str, values: dict[str, Any], needed: Iterable[str]) -> None:
    """Build the settings with stand-ins for what is needed.

    Raises:
        ConfigError: naming the file and everything that is wrong.
    """
    filled = {**values, "stages": [dict(stage) for stage in values.get("stages") or ()]}
    stages = {str(stage.get("name")): stage for stage in filled["stages"]}
    for key in needed:
        stage, dot, own = key.rpartition(".")
        (stages[stage] if dot else filled)[own] = key
    if method != "stages":
        del filled["stages"]
    try:
        from_mapping(METHODS[method], filled)
    except ConfigError as error:
        raise ConfigError(error.what, where=path, fix=error.fix) from None


def _summary(text: str) -> str:
    """The first paragraph of the comment at the head of the file."""
    comment = takewhile(lambda line: line.startswith("#"), text.splitlines())
    return " ".join(takewhile(bool, (line.lstrip("# ").rstrip() for line in comment)))
