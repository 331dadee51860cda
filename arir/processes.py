"""The processes of one command: one, or those that ``torchrun`` starts."""

from __future__ import annotations

import os

__all__ = ["is_main_process", "local_rank", "process_count", "rank"]


def rank() -> int:
    """The number of this process, from 0 on."""
    return int(os.environ.get("RANK", "0"))


def local_rank() -> int:
    """The number of this process on its machine, which is that of its GPU."""
    return int(os.environ.get("LOCAL_RANK", "0"))


def process_count() -> int:
    """How many processes there are, on all machines."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this is the only process, or the first: the one that writes and speaks."""
    return rank() == 0
