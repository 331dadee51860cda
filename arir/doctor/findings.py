"""What one look at the machine found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Status"]

Status = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """One line of ``arir doctor``.

    Attributes:
        name: what was looked for.
        status: ``ok``; ``note`` where something works but could be better; ``missing`` where a
            command of arir cannot run.
        found: the version and place, or what is wrong.
        remedy: what to do; empty where there is nothing to do.
    """

    name: str
    status: Status
    found: str
    remedy: str = ""
