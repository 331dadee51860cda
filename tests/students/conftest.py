"""A place with two tiny students, which arir takes for those that it ships."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.students.students import move_shipped_place, ship


@pytest.fixture(scope="session")
def students(
    tmp_path_factory: pytest.TempPathFactory, tiny_bi_encoder: Path, tiny_cross_encoder: Path
) -> Path:
    """A bi-encoder and a cross-encoder under the names that commands take by default."""
    root = tmp_path_factory.mktemp("students")
    ship(root, "kd-mini", tiny_bi_encoder)
    ship(root, "kd-mini-ce", tiny_cross_encoder)
    return root


@pytest.fixture
def shipped(students: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, for one test, which must not write to it."""
    return move_shipped_place(monkeypatch, students)
