"""Facts of a training that its manifest and its card state."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from arir.data.teacher import Teacher

__all__ = ["teacher_facts"]


def teacher_facts(teacher: Teacher) -> dict[str, Any]:
    """What is known of a teacher."""
    return {key: value for key, value in asdict(teacher).items() if value}
