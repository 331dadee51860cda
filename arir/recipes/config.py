"""Settings of ``arir recipes list`` and ``arir recipes show``."""

from __future__ import annotations

from typing import Literal

from arir.config import argument, configuration, option

__all__ = ["ListRecipesConfig", "ShowRecipeConfig"]

Format = Literal["table", "md", "latex", "csv", "json"]


@configuration
class ListRecipesConfig:
    """List the shipped recipes of arir train.

    They hold the settings of published methods; what to train on is given with them.
    """

    format: Format = option("How to show them", default="table")


@configuration
class ShowRecipeConfig:
    """Print a recipe, and which settings are still to be given.

    What is printed is a recipe file itself: arir recipes show kd-aradpr > mine.yaml
    """

    name: str = argument("Name of a shipped recipe, or a YAML file", metavar="NAME")
