"""Corrections of p-values for the number of hypotheses tested together."""

from __future__ import annotations

from typing import Literal

import numpy as np

from arir.compare.significance.common import Floats
from arir.errors import EvaluationError

__all__ = ["Correction", "corrected"]

Correction = Literal["holm", "bonferroni", "bh", "none"]


def corrected(p_values: object, method: Correction = "holm") -> Floats:
    """Adjusted p-values, in the order given: reject where an adjusted value is at most alpha.

    - ``holm``: step-down, controls the chance of any false rejection (Holm 1979); it rejects all
      that ``bonferroni`` rejects and often more, under any dependence.
    - ``bonferroni``: m p (Dunn 1961).
    - ``bh``: step-up, controls the expected share of false rejections among the rejections
      (Benjamini and Hochberg 1995), under independence or positive dependence.
    - ``none``: as they are.

    Adjusted values keep the order of the p-values, are no smaller than these, and at most 1.

    Raises:
        EvaluationError: where a value lies outside (0, 1].

    >>> corrected([0.01, 0.04, 0.03]).round(4).tolist()
    [0.03, 0.06, 0.06]
    >>> corrected([0.01, 0.04, 0.03], "bh").round(4).tolist()
    [0.03, 0.04, 0.04]
    """
    p = np.asarray(p_values, dtype=np.float64)
    if p.size and not bool(((p > 0) & (p <= 1)).all()):
        raise EvaluationError("a p-value must lie in (0, 1]")
    if method == "none" or p.size == 0:
        return p.copy()
    if method == "bonferroni":
        return np.minimum(1.0, p.size * p)
    order = np.argsort(p, kind="stable")
    result = np.empty_like(p)
    result[order] = np.minimum(1.0, (_holm if method == "holm" else _bh)(p[order]))
    return result


def _holm(ascending: Floats) -> Floats:
    m = ascending.size
    steps: Floats = np.maximum.accumulate((m - np.arange(m)) * ascending)
    return steps


def _bh(ascending: Floats) -> Floats:
    m = ascending.size
    # The factor m / rank may round below 1 for no p-value: the last rank's is exactly 1.
    steps: Floats = np.minimum.accumulate((m / np.arange(1, m + 1) * ascending)[::-1])[::-1]
    return steps
