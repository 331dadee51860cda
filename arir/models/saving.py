"""What writing any model's folder takes: its weights, and the tables of its card."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arir.errors import OutputError

__all__ = ["card_table", "reveal_weights", "saving_weights"]


@contextmanager
def saving_weights(output: Path) -> Iterator[None]:
    """Silence progress bars, and turn safetensors' own error into one of arir's.

    Args:
        output: the folder that the message names.

    Raises:
        OutputError: where the disk is full or does not take the weights.
    """
    from safetensors import SafetensorError

    from arir.models.checkpoint import quiet

    try:
        with quiet():
            yield
    except SafetensorError as error:
        what = f"the weights cannot be written: {error}"
        fix = "free some space or choose another disk"
        raise OutputError(what, where=output, fix=fix) from error


def reveal_weights(folder: Path) -> None:
    """Give weights the mode of the card: safetensors saves them for their owner's eyes only."""
    mode = (folder / "README.md").stat().st_mode
    for file in folder.rglob("*.safetensors"):
        file.chmod(mode)


def card_table(rows: dict[str, Any]) -> str:
    """Facts as a table of a model card.

    >>> print(card_table({"seed": 1}))
    | | |
    |---|---|
    | seed | 1 |
    """
    body = [f"| {key} | {value} |" for key, value in rows.items()]
    return "\n".join(["| | |", "|---|---|", *body])
