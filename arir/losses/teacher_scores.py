"""Teacher scores before any training: what is broken is refused, what teaches nothing is told."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor

from arir.errors import DataError
from arir.losses.checks import check_mask, check_positive

__all__ = [
    "GOOD_SPREAD",
    "LARGEST_SPREAD",
    "SMALLEST_SPREAD",
    "TeacherScoreWarning",
    "check_teacher_scores",
]

#: below this difference of the best and the worst candidate, divided by the temperature, two
#: candidates get 0.525 and 0.475 of the target, and margins add less than 0.01 to MarginMSE
SMALLEST_SPREAD = 0.1
#: what a factor on small scores should bring margins to: about those of rankers of unit vectors
GOOD_SPREAD = 0.25
#: above it, a single-precision softmax gives the worst candidate exactly zero
LARGEST_SPREAD = 100.0


class TeacherScoreWarning(UserWarning):
    """Teacher scores can be used, but will teach little or nothing."""


def check_teacher_scores(
    scores: Tensor,
    mask: Tensor | None = None,
    *,
    temperature: float = 1.0,
    where: object = None,
) -> None:
    """Inspect teacher scores once, when they are read; the losses themselves do not look at values.

    Args:
        scores: raw teacher scores, shape (B, N): N candidates for each of B queries, such as
            (positive, negative); or one list, shape (N,).
        mask: True where a candidate exists, the shape of ``scores``; all by default.
        temperature: the teacher's temperature in the loss.
        where: the file or store of the scores, for the messages.

    Raises:
        DataError: for NaN or infinite scores; the message gives the first one's position.
        ValueError: for another shape, or a temperature that is not positive and finite.

    Warns:
        TeacherScoreWarning: where lists are constant, where the scores lie so close together that
            MarginMSE vanishes and the softmax is uniform, or so far apart that it underflows.

    >>> check_teacher_scores(torch.tensor([[4.2, -1.0], [3.1, float("nan")]]), where="scores.tsv")
    Traceback (most recent call last):
    arir.errors.DataError: scores.tsv: NaN or infinite: 1 of 4 teacher scores, the first in list 1 \
at candidate 1 (from 0); remove these rows or score them again
    """
    check_positive(temperature=temperature)
    if scores.dim() not in (1, 2) or not scores.numel():
        raise ValueError(f"scores have shape {tuple(scores.shape)}, expected (B, N) or (N,)")
    real = torch.ones_like(scores, dtype=torch.bool)
    if mask is not None:
        real = check_mask(mask, tuple(scores.shape), "mask")
    width = scores.shape[-1]
    lists, real = scores.detach().double().reshape(-1, width), real.reshape(-1, width)
    _refuse_non_finite(lists, real, where)
    spreads = _spreads(lists, real)
    if len(spreads):
        for message in _findings(spreads, temperature):
            place = "" if where is None else f"{where}: "
            warnings.warn(f"{place}{message}", TeacherScoreWarning, stacklevel=2)


def _refuse_non_finite(lists: Tensor, real: Tensor, where: object) -> None:
    broken = (~torch.isfinite(lists) & real).nonzero()
    if len(broken):
        row, column = broken[0].tolist()
        raise DataError(
            f"NaN or infinite: {len(broken)} of {int(real.sum())} teacher scores, the first in list"
            f" {row} at candidate {column} (from 0)",
            where=where,
            fix="remove these rows or score them again",
        )


def _spreads(lists: Tensor, real: Tensor) -> Tensor:
    """Best score less worst, of every list with at least two candidates; shape (lists,)."""
    best = lists.masked_fill(~real, -torch.inf).amax(dim=1)
    worst = lists.masked_fill(~real, torch.inf).amin(dim=1)
    return (best - worst)[real.sum(dim=1) >= 2]


def _findings(spreads: Tensor, temperature: float) -> list[str]:
    constant = int((spreads == 0).sum())
    varied = spreads[spreads > 0]
    found = []
    if constant:
        found.append(
            f"the teacher's scores are constant in {constant} of {len(spreads)} lists, which teach"
            " no order; leave such lists out"
        )
    if len(varied) and float(varied.median()) / temperature < SMALLEST_SPREAD:
        found.append(
            f"the teacher's scores differ by only {float(varied.median()):.2g} within a list"
            f" (median) at temperature {temperature:g}, so MarginMSE vanishes and the softmax is"
            " uniform; use raw logits instead of probabilities, or a temperature below"
            f" {float(varied.median()) / SMALLEST_SPREAD:.2g}"
        )
    if len(varied) and float(varied.max()) / temperature > LARGEST_SPREAD:
        found.append(
            f"the teacher's scores differ by up to {float(varied.max()):.3g} within a list at"
            f" temperature {temperature:g}, so the softmax gives candidates exactly zero; use a"
            f" temperature above {float(varied.max()) / LARGEST_SPREAD:.2g}"
        )
    return found
