"""Find a shipped recipe by its name."""

from __future__ import annotations

from pathlib import Path

from arir.errors import ConfigError, nearest

__all__ = ["RECIPES", "find_recipe", "recipe_names"]

#: where the shipped recipes lie
RECIPES = Path(__file__).parent


def recipe_names() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def find_recipe(name: str) -> Path:
    """The file of a recipe: what the name is as a path, or the shipped recipe of that name.

    Raises:
        ConfigError: where the name is a bare word, and neither a file nor a shipped recipe.
    """
    path = Path(name)
    shipped = RECIPES / f"{name}.yaml"
    if path.is_file():
        return path
    if shipped.is_file():
        return shipped  # also where a folder of that name lies here, such as its student
    if _looks_like_a_file(name):
        return path
    hint = nearest(name, recipe_names())
    hint = hint if hint.startswith("did you mean") else '"arir recipes list" shows all names.'
    raise ConfigError(f"no recipe '{name}'", fix=f"{hint} Or give a YAML file")


def _looks_like_a_file(name: str) -> bool:
    return "/" in name or "\\" in name or Path(name).suffix in {".yaml", ".yml", ".json"}
