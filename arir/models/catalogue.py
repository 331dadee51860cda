"""What ``arir models`` shows: the models' settings, and where each would be loaded from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arir.models.config import ListModelsConfig, ShowModelConfig
from arir.models.hub import find_local, shelf
from arir.models.registry import find_model, list_models
from arir.models.spec import ModelSpec
from arir.students.find import is_shipped

__all__ = ["CatalogueEntry", "list_catalogue", "show_model"]


@dataclass(frozen=True)
class CatalogueEntry:
    """A model and the folder that it lies in, ``None`` where it would be downloaded."""

    spec: ModelSpec
    folder: Path | None

    @property
    def source(self) -> str:
        """Where it would be loaded from, in words."""
        if self.shipped:
            return "arir itself: it ships, and works offline"
        return "the model hub" if self.folder is None else str(self.folder)

    @property
    def shipped(self) -> bool:
        """Whether it comes with arir."""
        return is_shipped(self.folder)

    @property
    def megabytes(self) -> float | None:
        """The size of its folder, in 10^6 bytes; ``None`` where it would be downloaded."""
        if self.folder is None:
            return None
        files = [path for path in self.folder.rglob("*") if path.is_file()]
        return round(sum(path.stat().st_size for path in files) / 1e6, 1)


def list_catalogue(config: ListModelsConfig) -> list[CatalogueEntry]:
    """The models that have a short name, the shipped ones first; nothing is downloaded."""
    specs = list_models(config.family)
    return [CatalogueEntry(spec, shelf(spec.name) or find_local(spec)) for spec in specs]


def show_model(config: ShowModelConfig) -> CatalogueEntry:
    """One model, by registry name, local folder or hub id.

    Raises:
        ModelError: where there is no such model.
    """
    spec = find_model(config.name)
    return CatalogueEntry(spec, find_local(spec))
