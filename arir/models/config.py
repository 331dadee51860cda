"""Settings of ``arir models list`` and ``arir models show``."""

from __future__ import annotations

from typing import Literal

from arir.config import argument, configuration, option
from arir.models.spec import Family

__all__ = ["ListModelsConfig", "ShowModelConfig"]

Format = Literal["table", "md", "latex", "csv", "json"]


@configuration
class ListModelsConfig:
    """List the models that have a short name.

    A local folder or a hub id (org/model) can be used wherever such a name can.
    """

    family: Family | None = option("Only the models of this family", default=None)
    format: Format = option("How to show them", default="table")


@configuration
class ShowModelConfig:
    """Show all that is known of a model, and where it would be loaded from."""

    name: str = argument("Short name, local folder or hub id", metavar="NAME")
    format: Format = option("How to show it", default="table")
