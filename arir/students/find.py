"""Find a shipped student by its name."""

from __future__ import annotations

from pathlib import Path

from arir.models.whole import check_whole

__all__ = ["ENCODER", "RERANKER", "STUDENTS", "find_student", "is_shipped", "student_names"]

#: where the shipped students lie
STUDENTS = Path(__file__).parent
#: what encodes texts, and what reranks, where a command is not told otherwise
ENCODER = "kd-mini"
RERANKER = "kd-mini-ce"
#: what every student's folder holds beside its weights
FILES = ("manifest.json", "config.json", "tokenizer.json")
FIX = "install arir again, or copy the folder again"


def student_names() -> list[str]:
    """The names of the shipped students."""
    return sorted(manifest.parent.name for manifest in STUDENTS.glob("*/manifest.json"))


def find_student(name: str) -> Path | None:
    """The folder of a shipped student; ``None`` where none has that name.

    Raises:
        ModelError: where files of it are missing, or its weights are a Git LFS pointer.
    """
    if not name or Path(name).name != name or name.startswith(("_", ".")):
        return None
    folder = STUDENTS / name
    if not folder.is_dir():
        return None
    check_whole(folder, FILES, fix=FIX)
    return folder


def is_shipped(folder: Path | None) -> bool:
    """Whether a folder is a shipped student's."""
    return folder is not None and folder.parent == STUDENTS
