"""``FILE.meta.yaml``: what a file that is no run and no folder says of itself."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import yaml

from arir.artefacts.atomic import atomic_file
from arir.artefacts.hashes import sha256_of
from arir.artefacts.manifest import Manifest

__all__ = ["side_file_path", "write_side_file"]


def side_file_path(path: Path) -> Path:
    """Where the side file of a file lies."""
    return path.with_name(f"{path.name}.meta.yaml")


def write_side_file(path: Path, manifest: Manifest) -> None:
    """Write the side file of ``path``, which must stand already: its hash is recorded.

    Raises:
        OutputError: where it cannot be written.
    """
    facts = {"file": path.name, "sha256": sha256_of(path), **asdict(manifest)}
    with atomic_file(side_file_path(path)) as stream:
        yaml.safe_dump(facts, stream, allow_unicode=True, sort_keys=False)
