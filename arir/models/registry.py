"""The models that have a short name (shipped, or in ``registry.yaml``), and finding any model."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from arir.config import from_mapping
from arir.errors import ConfigError, ModelError, nearest
from arir.models.folders import is_model_folder, saved_spec, spec_from_folder
from arir.models.hub import fetch_settings, shelf
from arir.models.spec import Family, ModelSpec
from arir.students import find as students

__all__ = ["find_model", "list_models", "parse_registry", "registry"]

HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")


@functools.cache
def registry() -> Mapping[str, ModelSpec]:
    """The models of the hub that have a short name, in the order of ``registry.yaml``."""
    text = resources.files("arir.models").joinpath("registry.yaml").read_text(encoding="utf-8")
    return MappingProxyType(parse_registry(text, where="arir/models/registry.yaml"))


def parse_registry(text: str, where: str) -> dict[str, ModelSpec]:
    """Read a registry; what lies under ``templates`` only serves as YAML anchors.

    Raises:
        ConfigError: naming the model and every unknown, missing or wrong key of it.
    """
    import yaml

    models: dict[str, ModelSpec] = {}
    for name, settings in yaml.safe_load(text)["models"].items():
        try:
            models[name] = from_mapping(ModelSpec, {"name": name, **settings})
        except ConfigError as error:
            raise ConfigError(error.what, where=f"{where}: {name}") from None
    return models


def list_models(family: Family | None = None) -> list[ModelSpec]:
    """The models that have a short name, all or of one family; those that ship come first."""
    shipped = [_shipped(students.STUDENTS / name, name) for name in students.student_names()]
    known = [*shipped, *registry().values()]
    return [spec for spec in known if family in (None, spec.family)]


def find_model(name_or_path: str | Path) -> ModelSpec:
    """The settings of a model: by short name, local folder or hub id (``org/model``).

    A local folder goes first, then ``$ARIR_MODELS/NAME``, then what ships with arir, then the
    registry and the hub. A folder that arir saved speaks for itself; one that
    another tool saved takes the settings of the registry entry of the same base name, else those
    that its own configuration declares. For a hub id outside the registry the small files are
    downloaded to read its settings.

    Raises:
        ModelError: for an unknown name (with the nearest ones), a folder without a model, a shipped
            one that is incomplete, or a hub that cannot be reached.
    """
    name = str(name_or_path)
    folder = Path(name_or_path).expanduser()
    known = {*registry(), *students.student_names()}
    if folder.is_dir() and (name not in known or is_model_folder(folder)):
        return _in_folder(folder, name)
    shelved = shelf(name)
    if shelved is not None:
        return _in_folder(shelved, name)
    student = students.find_student(name)
    if student is not None:
        return _shipped(student, name)
    entries = [spec for spec in registry().values() if name in {spec.name, spec.hub_id}]
    if entries:
        return entries[0]
    if HUB_ID.fullmatch(name):
        return replace(spec_from_folder(fetch_settings(name), name), hub_id=name, folder=None)
    raise _unknown(name)


def _unknown(name: str) -> ModelError:
    if "/" in name or "\\" in name:
        return ModelError("no such folder", where=name, fix="give the folder of a model")
    hint = nearest(name, [*students.student_names(), *registry()])
    hint = hint if hint.startswith("did you mean") else '"arir models list" shows all names.'
    return ModelError(f"no model '{name}'", fix=f"{hint} Or give a folder or a hub id (org/model)")


def _shipped(folder: Path, name: str) -> ModelSpec:
    """What a shipped folder says of itself, under the name that it ships by."""
    own = saved_spec(folder)
    if own is None:
        fix = "install arir again"
        raise ModelError("incomplete model: it lacks manifest.json", where=folder, fix=fix)
    return replace(own, name=name)


def _in_folder(folder: Path, name: str) -> ModelSpec:
    own = saved_spec(folder)
    if own is not None:
        return own
    found = spec_from_folder(folder, name)
    entry = registry().get(folder.resolve().name)
    if entry is None:
        return found
    if entry.family != found.family:
        what = f"the folder is called as the {entry.family} {entry.name} but holds a {found.family}"
        raise ModelError(what, where=folder, fix="rename it")
    return replace(entry, folder=folder)
