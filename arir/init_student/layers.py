"""Which layers of a deep body a shallower student keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from arir.errors import ConfigError, ModelError

if TYPE_CHECKING:
    from torch import nn

__all__ = ["evenly_spaced", "keep_layers"]


def evenly_spaced(layers: int, kept: int) -> list[int]:
    """The numbers of ``kept`` of so many layers, from the first to the last at even distances.

    For 6 of 12 these are the ones that DistilBERT was initialised from (Sanh, Debut, Chaumond and
    Wolf, arXiv 1910.01108; ``extract_distilbert.py`` of the authors).

    Raises:
        ValueError: where fewer than one or more than all are to be kept.

    >>> evenly_spaced(12, 6)
    [0, 2, 4, 7, 9, 11]
    >>> evenly_spaced(6, 1)
    [0]
    """
    if not 1 <= kept <= layers:
        raise ValueError(f"cannot keep {kept} of {layers} layers")
    if kept == 1:
        return [0]
    # Halves are rounded up, so that the distances do not depend on which layers are even.
    return [(2 * place * (layers - 1) + kept - 1) // (2 * (kept - 1)) for place in range(kept)]


def keep_layers(body: Any, kept: int) -> list[int]:
    """Leave a transformers model only evenly spaced layers, in place; gives their numbers.

    Raises:
        ConfigError: where it has fewer layers than are to be kept.
        ModelError: where its layers are not found, or are not all of one kind.
    """
    from torch import nn

    depth = int(body.config.num_hidden_layers)
    if kept > depth:
        raise ConfigError(f"the body has {depth} layers, so that {kept} cannot be kept")
    stack = _stack(body, depth)
    chosen = evenly_spaced(depth, kept)
    parent, name = stack
    layers = getattr(parent, name)
    setattr(parent, name, nn.ModuleList([layers[number] for number in chosen]))
    body.config.num_hidden_layers = kept
    return chosen


def _stack(body: Any, depth: int) -> tuple[nn.Module, str]:
    """The module that holds the list of layers, and the list's name in it."""
    from torch import nn

    found = [
        (parent, name)
        for parent in body.modules()
        for name, child in parent.named_children()
        if isinstance(child, nn.ModuleList) and len(child) == depth
    ]
    if len(found) != 1 or getattr(body.config, "layer_types", None):
        what = f"layers of {type(body).__name__} cannot be left out"
        raise ModelError(what, fix="leave --layers away")
    return found[0]
