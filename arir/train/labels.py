"""The margins that a student should learn, on the scale of its own scores.

Both twins are asked for margins of the student's scaled scores, ``scale * similarity``. A teacher's
margins are on the teacher's scale, brought over by ``teacher_scale``. Hard labels speak of the
similarity itself (positive 1, negative 0), so they pass through the same ``scale`` as the scores: a
cosine student at scale 20 is asked for a cosine margin of 1 and not of 0.05, which would starve the
twin of gradient. The batch-L1 loss is free of all these factors.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from arir.errors import DataError
from arir.train.config import TrainConfig

__all__ = ["SMALLEST_DEVIATION", "check_margins", "make_labels"]

#: standard deviation of the teacher's margins, in similarities of the student, below which plain
#: MarginMSE has next to nothing to tell the triples apart by
SMALLEST_DEVIATION = 0.1
#: what the warning proposes: about the margins that rankers of unit vectors have
GOOD_DEVIATION = 0.25


def make_labels(margins: NDArray[np.float32], config: TrainConfig) -> NDArray[np.float32]:
    """The margin that each triple's scaled scores should have; shape (N,).

    Args:
        margins: the teacher's, shape (N,).
        config: whose labels, and the scales.
    """
    if config.labels == "hard":
        return np.full_like(margins, config.score_scale * config.hard_margin)
    return margins * np.float32(config.teacher_scale)


def check_margins(margins: NDArray[np.float32], config: TrainConfig) -> None:
    """Refuse teacher margins that teach nothing, and warn of such as teach little.

    Raises:
        DataError: where all margins are equal: the student would learn what its NoKD twin learns.

    Warns:
        TeacherScoreWarning: where plain MarginMSE vanishes, with the setting that mends it.
    """
    if config.labels == "hard":
        return
    if len(margins) > 1 and bool((margins == margins[0]).all()):
        raise DataError(
            f"the teacher's margin is {margins[0]:g} in all {len(margins):,} triples,"
            " so there is nothing to distil",
            where=config.teacher_scores,
            fix="give the teacher's raw scores, or train on --labels hard",
        )
    deviation = float(margins.std(dtype=np.float64)) / config.score_scale
    if config.loss == "margin-mse" and deviation * config.teacher_scale < SMALLEST_DEVIATION:
        from arir.losses.teacher_scores import TeacherScoreWarning

        warnings.warn(
            f"the teacher's margins deviate by only {deviation * config.score_scale:.2g} at a"
            f" student scale of {config.score_scale:g}, so that plain MarginMSE vanishes; use"
            f" --teacher-scale {float(f'{GOOD_DEVIATION / deviation:.1g}'):g} or"
            " --loss margin-mse-l1",
            TeacherScoreWarning,
            stacklevel=2,
        )
