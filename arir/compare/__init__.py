"""Comparing systems: significance tests, effect sizes, power, and what to make of them."""

from arir.compare.config import CompareConfig
from arir.compare.result import Collection, Comparison, Design, Gap, Macro, Pair, System
from arir.compare.service import compare

__all__ = [
    "Collection",
    "CompareConfig",
    "Comparison",
    "Design",
    "Gap",
    "Macro",
    "Pair",
    "System",
    "compare",
]
