"""``manifest.json``: what an index or a model is, how it was made, and from what."""

from __future__ import annotations

import json
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from arir.config import to_json
from arir.errors import DataError
from arir.version import __version__

__all__ = [
    "Manifest",
    "command_line",
    "describe_input",
    "read_manifest",
    "versions",
    "write_manifest",
]

FILE_NAME = "manifest.json"
#: packages whose version can change a result
PACKAGES = (
    "pyserini",
    "torch",
    "transformers",
    "sentence-transformers",
    "faiss-cpu",
    "numpy",
    "pytrec_eval-terrier",
)


@dataclass(frozen=True)
class Manifest:
    """What an artefact says of itself.

    Attributes:
        kind: ``bm25-index``, ``dense-index``, ``bi-encoder`` ...
        properties: what a later step must check or know (encoder, profile, dimension, count ...).
        inputs: a role (``corpus``, ``teacher_scores`` ...) to the path and SHA-256 of a file.
        seed: of every random choice; ``None`` where nothing was random.
    """

    kind: str
    properties: dict[str, Any]
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)
    seed: int | None = None
    command: str = field(default_factory=lambda: command_line())
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    versions: dict[str, str] = field(default_factory=lambda: versions())


def command_line() -> str:
    """The command that runs now, as one could type it again."""
    words = [Path(sys.argv[0]).name if sys.argv else "python", *sys.argv[1:]]
    return shlex.join(words)


def versions() -> dict[str, str]:
    """Versions of Python, arir and the packages that can change a result; imports none of them."""
    found = {"python": platform.python_version(), "arir": __version__}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_input(path: Path) -> dict[str, str]:
    """Path and content hash of an input, for :attr:`Manifest.inputs`."""
    from arir.artefacts.hashes import sha256_of

    return {"path": str(path), "sha256": sha256_of(path)}


def write_manifest(folder: Path, manifest: Manifest, config: Any = None) -> None:
    """Write ``manifest.json`` into a folder, and the command's settings as ``config.json``."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2) + "\n"
    (folder / FILE_NAME).write_text(text, encoding="utf-8")
    if config is not None:
        (folder / "config.json").write_text(to_json(config), encoding="utf-8")


def read_manifest(folder: Path) -> Manifest | None:
    """Read a folder's manifest; ``None`` where it has none (another tool made it).

    Raises:
        DataError: where the manifest is there but damaged.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        return None
    try:
        values: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Manifest(**values)
    except (ValueError, TypeError) as error:
        raise DataError(f"damaged manifest: {error}", where=path, fix="build it again") from None
