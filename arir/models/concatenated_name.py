"""Names of concatenated encoders: ``a+b``, or ``2*a+b`` with weights."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from arir.errors import ModelError
from arir.models.folders import is_model_folder

__all__ = ["Part", "located", "parts_of", "stands"]

#: a weight, and the name or folder that it weighs
WEIGHTED = re.compile(r"(?P<weight>\d+(?:\.\d+)?)\*(?P<name>.+)")
FIX = "write a+b, or with weights 2*a+b"


class Part(NamedTuple):
    """One encoder of a concatenation, and the factor of its vectors."""

    name: str
    weight: float = 1.0

    def __str__(self) -> str:
        return self.name if self.weight == 1 else f"{self.weight:g}*{self.name}"


def parts_of(name: str | Path) -> tuple[Part, ...] | None:
    """The parts of a concatenation; ``None`` for the name of a single model.

    A folder that exists is a single model, even if its name holds a plus sign.

    Raises:
        ModelError: for a part without a name, or of weight 0.

    >>> parts_of("kd-aradpr+0.5*kd-mminilm")
    (Part(name='kd-aradpr', weight=1.0), Part(name='kd-mminilm', weight=0.5))
    >>> parts_of("kd-aradpr") is None
    True
    """
    text = str(name)
    if "+" not in text or Path(text).expanduser().is_dir():
        return None
    parts = tuple(map(_part, text.split("+")))
    for part in parts:
        if not part.name:
            raise ModelError(f"'{text}' has an encoder without a name", fix=FIX)
        if part.weight == 0:
            raise ModelError(f"'{text}' weighs {part.name} with 0", fix="leave it out")
    return parts


def _part(text: str) -> Part:
    found = WEIGHTED.fullmatch(text.strip())
    return Part(found["name"], float(found["weight"])) if found else Part(text.strip())


def located(name: str) -> str | None:
    """The same name with absolute folders, for a later process.

    ``None`` where no part is a folder, or the path of one holds a plus sign, which a concatenation
    could not be read back from.
    """
    parts = parts_of(name) or (Part(name),)
    folders = [Path(part.name).expanduser() for part in parts]
    # A folder of another kind, such as an index, may be called as a model that has a short name.
    there = [folder.is_dir() and is_model_folder(folder) for folder in folders]
    if not any(there):
        return None
    found = [
        part._replace(name=str(folder.resolve())) if is_there else part
        for part, folder, is_there in zip(parts, folders, there, strict=True)
    ]
    unreadable = len(found) > 1 and any("+" in part.name for part in found)
    return None if unreadable else "+".join(map(str, found))


def stands(location: str) -> bool:
    """Whether the folders that :func:`located` recorded are still there."""
    try:
        parts = parts_of(location) or (Part(location),)
    except ModelError:
        return False
    return all(Path(part.name).is_dir() for part in parts if Path(part.name).is_absolute())
