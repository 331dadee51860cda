"""What every loss checks of its arguments, and the precision in which it computes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = ["check_mask", "check_positive", "check_same_shape", "full_precision", "no_autocast"]


def check_positive(**settings: float) -> None:
    """Refuse hyper-parameters that are not positive and finite; NaN is neither.

    Raises:
        ValueError: naming the setting and its value.

    >>> check_positive(temperature=0.0)
    Traceback (most recent call last):
    ValueError: temperature must be positive and finite, not 0.0
    """
    for name, value in settings.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name} must be positive and finite, not {value}")


def check_same_shape(dimensions: int, **tensors: Tensor) -> None:
    """Refuse tensors of other than one shape with so many dimensions.

    Labels of shape (B, 1) against scores of shape (B,) would otherwise broadcast to (B, B) and
    train at a plausible loss.

    Raises:
        ValueError: naming every tensor and its shape.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if len(set(shapes.values())) != 1 or len(next(iter(shapes.values()))) != dimensions:
        listed = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"expected one shape with {dimensions} dimension(s), got {listed}")


def check_mask(mask: Tensor, shape: tuple[int, ...], name: str) -> Tensor:
    """Give a mask back as booleans; True (or 1) marks what is real, False (or 0) what is padding.

    Raises:
        ValueError: where the mask has another shape, which would broadcast.
    """
    if tuple(mask.shape) != tuple(shape):
        raise ValueError(f"{name} has shape {tuple(mask.shape)}, expected {tuple(shape)}")
    return mask.bool()


def full_precision(tensor: Tensor) -> Tensor:
    """The tensor in at least single precision: half precision and integers become float32."""
    return tensor if tensor.dtype in (torch.float32, torch.float64) else tensor.float()


def no_autocast(tensor: Tensor) -> torch.autocast:
    """A context in which products of ``tensor`` keep its precision.

    Inside a trainer's autocast region a float32 product is otherwise computed in half precision.
    """
    return torch.autocast(device_type=tensor.device.type, enabled=False)
