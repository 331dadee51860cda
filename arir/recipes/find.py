"""Find a shipped recipe by its name."""

from __future__ import annotations

from pathlib import Path

__all__ = ["RECIPES", "find_recipe", "recipe_names"]

#: where the shipped recipes lie
RECIPES = Path(__file__).parent


def recipe_names() -> list[str]:
    """The names of the shipped recipes."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def find_recipe(name: str) -> Path:
    """The file of a recipe: what the name is as a path, or the shipped recipe of that name."""
    path = Path(name)
    shipped = RECIPES / f"{name}.yaml"
    return shipped if not path.exists() and shipped.is_file() else path
