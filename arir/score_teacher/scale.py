"""Whether a student can learn from scores on the scale that a teacher gives them on."""

from __future__ import annotations

import warnings

from arir.data.score_store_summary import Spread
from arir.errors import DataError

__all__ = ["refuse_constant", "warn_of_small_margins"]


def refuse_constant(spread: Spread, where: object) -> None:
    """Refuse scores from which nothing can be distilled.

    Raises:
        DataError: where the scores are constant within every query of several passages.
    """
    if spread.lists and spread.constant == spread.lists:
        raise DataError(
            f"the teacher's scores are constant within each of {spread.lists:,} queries, so there"
            " is nothing to distil",
            where=where,
            fix="look whether it is a ranking model, and whether it can read these texts",
        )


def warn_of_small_margins(spread: Spread, where: object) -> None:
    """Say where scores teach little.

    Warns:
        TeacherScoreWarning: where margins are so small that MarginMSE vanishes, with the factor
            that mends it; or where no query has two passages, so that there are none.
    """
    from arir.losses.teacher_scores import GOOD_SPREAD, SMALLEST_SPREAD, TeacherScoreWarning

    if not spread.lists:
        message = (
            "every query has a single passage, so the scores teach no order; select more passages"
            " with --run"
        )
    elif spread.margin_deviation < SMALLEST_SPREAD:
        factor = float(f"{GOOD_SPREAD / spread.margin_deviation:.1g}")
        message = (
            f"two passages of a query differ by only {spread.margin_deviation:.2g} (root mean"
            f" square), so that plain MarginMSE vanishes; train with --teacher-scale {factor:g}"
        )
    else:
        return
    warnings.warn(f"{where}: {message}", TeacherScoreWarning, stacklevel=2)
