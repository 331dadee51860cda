"""Write the weights of a model, and say in a user's words where the disk does not take them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arir.errors import OutputError

__all__ = ["saving_weights"]


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
