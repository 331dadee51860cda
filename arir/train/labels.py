"""The scores that a student should give, on the scale of its own.

Twins are asked for margins of the student's scaled scores, ``scale * similarity``. A teacher's
scores are on the teacher's scale, brought over by ``teacher_scale``. Hard labels speak of the
similarity itself (positive 1, negative 0), so they pass through the same ``scale`` as the scores: a
cosine student at scale 20 is asked for a cosine margin of 1 and not of 0.05, which would starve the
twin of gradient. The batch-L1 loss is free of all these factors. Binary cross-entropy has targets
between 0 and 1: the teacher's scores by their range, or the hard labels themselves.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from arir.errors import DataError
from arir.train.config import MarginsConfig

__all__ = ["SMALLEST_DEVIATION", "check_margins", "make_labels"]

#: standard deviation of the teacher's margins, in similarities of the student, below which plain
#: MarginMSE has next to nothing to tell the triples apart by
SMALLEST_DEVIATION = 0.1
#: rows looked at together, so that memory does not grow with their number
CHUNK = 1 << 20

Scores = NDArray[np.float32]


def make_labels(scores: Scores, config: MarginsConfig) -> Scores:
    """The scores that positive and negative should have; shape (N, 2).

    Args:
        scores: the teacher's, shape (N, 2); may be a memory map, which then stays one.
        config: whose labels, the loss, and the scales.
    """
    if config.labels == "hard":
        high = 1.0 if config.loss == "bce" else config.score_scale * config.hard_margin
        row = np.array([high, 0.0], dtype=np.float32)
        return np.broadcast_to(row, scores.shape)
    if config.loss == "bce":
        low, high = config.teacher_range or _range(scores)
        targets: Scores = np.clip((scores - np.float32(low)) / np.float32(high - low), 0, 1)
        return targets
    return scores if config.teacher_scale == 1 else scores * np.float32(config.teacher_scale)


def check_margins(scores: Scores, config: MarginsConfig) -> None:
    """Refuse teacher scores that teach nothing, and warn of such as teach little.

    Raises:
        DataError: where all margins are equal: the student would learn what its NoKD twin learns;
            under bce, where all scores are.

    Warns:
        TeacherScoreWarning: where plain MarginMSE vanishes, with the setting that mends it; where
            scores lie outside the range that was given.
    """
    if config.labels == "hard":
        return
    if config.loss == "bce":
        _check_range(scores, config)
        return
    first = float(scores[0, 0] - scores[0, 1])
    if len(scores) > 1 and all(bool((margins == first).all()) for margins in _margins(scores)):
        raise _nothing_to_distil(f"margin is {first:g}", scores, config)
    deviation = _deviation(scores) / config.score_scale
    if config.loss == "margin-mse" and deviation * config.teacher_scale < SMALLEST_DEVIATION:
        from arir.losses.teacher_scores import GOOD_SPREAD

        _warn(
            f"the teacher's margins deviate by only {deviation * config.score_scale:.2g} at a"
            f" student scale of {config.score_scale:g}, so that plain MarginMSE vanishes; use"
            f" --teacher-scale {float(f'{GOOD_SPREAD / deviation:.1g}'):g} or"
            " --loss margin-mse-l1"
        )


def _check_range(scores: Scores, config: MarginsConfig) -> None:
    lowest, highest = _range(scores)
    if lowest == highest:
        raise _nothing_to_distil(f"score is {lowest:g}", scores, config)
    low, high = config.teacher_range or (lowest, highest)
    outside = int(((scores < np.float32(low)) | (scores > np.float32(high))).sum())
    if outside:
        _warn(
            f"{config.teacher_scores}: {outside:,} of {scores.size:,} scores lie outside"
            f" --teacher-range {low:g} {high:g} and count as its ends; they reach from {lowest:g}"
            f" to {highest:g}"
        )


def _nothing_to_distil(what: str, scores: Scores, config: MarginsConfig) -> DataError:
    return DataError(
        f"the teacher's {what} in all {len(scores):,} triples, so there is nothing to distil",
        where=config.teacher_scores,
        fix="give the teacher's raw scores, or train on --labels hard",
    )


def _warn(what: str) -> None:
    from arir.losses.teacher_scores import TeacherScoreWarning

    warnings.warn(what, TeacherScoreWarning, stacklevel=3)


def _margins(scores: Scores) -> Iterator[Scores]:
    for start in range(0, len(scores), CHUNK):
        block = scores[start : start + CHUNK]
        yield block[:, 0] - block[:, 1]


def _deviation(scores: Scores) -> float:
    total = sum(float(margins.sum(dtype=np.float64)) for margins in _margins(scores))
    mean = total / len(scores)
    squares = sum(float(((m.astype(np.float64) - mean) ** 2).sum()) for m in _margins(scores))
    return float(np.sqrt(squares / len(scores)))


def _range(scores: Scores) -> tuple[float, float]:
    """The least and the greatest score of the whole training, as Hatem et al. scale by."""
    return float(scores.min()), float(scores.max())
