"""Fuse runs: by scores, by ranks, by votes; weights by hand or tuned."""

from arir.fuse.fuse import fuse, interpolate
from arir.fuse.methods import METHODS, Fusion

__all__ = ["METHODS", "Fusion", "fuse", "interpolate"]
