"""A shipped place of a test's own, with tiny students in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from arir.models.folders import write_model_manifest
from arir.models.spec import ModelSpec

PROFILE = "lucene"
SETTINGS: dict[str, dict[str, Any]] = {
    "kd-mini": {
        "family": "bi-encoder",
        "similarity": "dot",
        "query_length": 32,
        "passage_length": 64,
    },
    "kd-mini-ce": {"family": "cross-encoder", "pair_length": 64},
}


def ship(root: Path, name: str, model: Path) -> Path:
    """Put a model into a shipped place, as ``arir train`` would have saved it elsewhere."""
    folder = shutil.copytree(model, root / name)
    spec = ModelSpec(
        name="student",
        profile=PROFILE,
        languages=("ar", "en"),
        licence="Apache-2.0",
        note="Made by a test.",
        **SETTINGS[name.removeprefix("no")],
    )
    write_model_manifest(folder, spec, seed=1)
    (folder / "README.md").write_text("---\nlicense: Apache-2.0\n---\n", encoding="utf-8")
    return folder


def move_shipped_place(monkeypatch: pytest.MonkeyPatch, root: Path) -> Path:
    """Let arir look for its students in another folder."""
    monkeypatch.setattr("arir.students.find.STUDENTS", root)
    monkeypatch.delenv("ARIR_MODELS", raising=False)
    return root
