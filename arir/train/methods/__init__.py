"""What each method of ``arir train`` reads and minimises, one file a method.

Every module has ``prepare(config, open_student, scratch) -> Task``.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arir.train.student import Student
from arir.train.task import Task

__all__ = ["OpenStudent", "Prepare", "preparation"]

#: opens the student, or makes it of texts that are only asked for where it is new
OpenStudent = Callable[[Callable[[], Any]], Student]
Prepare = Callable[[Any, OpenStudent, Path], Task]


def preparation(method: str) -> Prepare:
    """The ``prepare`` of a method by its name in recipes."""
    module = importlib.import_module(f"arir.train.methods.{method.replace('-', '_')}")
    prepare: Prepare = module.prepare
    return prepare
