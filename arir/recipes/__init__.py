"""Shipped recipes of ``arir train``: one YAML file a recipe, found by its name."""

from arir.recipes.find import RECIPES, find_recipe, recipe_names

__all__ = ["RECIPES", "find_recipe", "recipe_names"]
