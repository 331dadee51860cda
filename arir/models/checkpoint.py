"""Open checkpoints without noise, and refuse those that would run with random weights."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arir.errors import ModelError

__all__ = ["LOCAL", "check_weights", "opening", "quiet"]

#: nothing is fetched any more when a folder is opened, and no code from it is run
LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}

#: what is recomputed on loading, so that its absence does no harm
DERIVED = ("position_ids", "rotary_emb.inv_freq")


@contextmanager
def opening(folder: Path) -> Iterator[None]:
    """Silence the libraries' bars and reports, and turn what they raise into one line.

    Raises:
        ModelError: where the folder is damaged, or needs code that did not come with it.
    """
    from safetensors import SafetensorError

    try:
        with quiet():
            yield
    except (OSError, ValueError, RuntimeError, LookupError, ImportError, SafetensorError) as error:
        raise ModelError(_reason(error), where=folder) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Silence the bars and reports of transformers, and leave its settings as they were."""
    from transformers.utils import logging as reports

    verbosity, bars = reports.get_verbosity(), reports.is_progress_bar_enabled()
    reports.set_verbosity(logging.ERROR)
    reports.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers' own
    try:
        yield
    finally:
        reports.set_verbosity(verbosity)
        if bars:
            reports.enable_progress_bar()  # type: ignore[no-untyped-call]  # transformers' own


def _reason(error: Exception) -> str:
    if "trust_remote_code" in str(error):
        return "the model brings code of its own, and arir runs no code from a model"
    first = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return f"the model cannot be opened: {first}"


def check_weights(model: Any, folder: Path, *, unused: tuple[str, ...] = ()) -> None:
    """Refuse a model some of whose weights are not in the checkpoint, and so were drawn at random.

    Args:
        model: the open ``PreTrainedModel``.
        folder: the checkpoint that it came from.
        unused: parts of names whose absence does no harm, since their output is not read.

    Raises:
        ModelError: naming the missing weights.
    """
    kind = type(model)
    with opening(folder):
        # On the meta device only names and shapes are read.
        _, info = kind.from_pretrained(
            folder, config=model.config, device_map="meta", output_loading_info=True
        )
    harmless = (*DERIVED, *unused)
    missing = sorted(
        name for name in info["missing_keys"] if not any(part in name for part in harmless)
    )
    if missing:
        shown = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        what = f"the checkpoint lacks weights of {kind.__name__}, which would be random: {shown}"
        fix = "use a folder that was saved from the whole, trained model"
        raise ModelError(what, where=folder, fix=fix)
