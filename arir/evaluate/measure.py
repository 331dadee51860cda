"""Measure one run: the value of every measure for every judged topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.errors import EvaluationError
from arir.evaluate.judgments import Judgments
from arir.evaluate.measures import Measure
from arir.evaluate.ranking import find_judged

__all__ = ["Measured", "measure_run"]


@dataclass(frozen=True)
class Measured:
    """What measuring a run gave.

    Attributes:
        topic_ids: every topic of the qrels, in their order, also those without a relevant passage
            (they score 0, as with ``trec_eval -c``).
        values: the text of each measure to its values, float64 of shape (T,), aligned with
            :attr:`topic_ids`.
        missing: judged topics that the run does not hold; their values are 0.
        unjudged_topics: topics of the run that the qrels do not hold; they are left out.
    """

    topic_ids: tuple[str, ...]
    values: dict[str, NDArray[np.float64]]
    missing: tuple[str, ...]
    unjudged_topics: tuple[str, ...]


def measure_run(run: Run, qrels: Qrels | Judgments, measures: Sequence[Measure]) -> Measured:
    """Measure a run as trec_eval does (``-c``: over all judged topics).

    Args:
        qrels: as read, or in columns already, which saves time over many runs.

    Raises:
        EvaluationError: where run and qrels share no topic, or a measure is not defined for the
            grades.
    """
    judgments = qrels if isinstance(qrels, Judgments) else Judgments.from_qrels(qrels)
    retrieved, judged = set(run.topic_ids), set(judgments.topic_ids)
    missing = tuple(topic for topic in judgments.topic_ids if topic not in retrieved)
    if len(missing) == len(judgments.topic_ids):
        raise EvaluationError(
            f"the run and the qrels share no topic: the run has {_some(run.topic_ids)}, "
            f"the qrels have {_some(judgments.topic_ids)}",
            where=run.tag,
            fix="check that both are of the same collection, and that ids kept their leading zeros",
        )
    if not np.isfinite(run.scores).all():
        raise EvaluationError("the run holds a score that is not finite", where=run.tag)
    hits = find_judged(run, judgments)
    return Measured(
        topic_ids=judgments.topic_ids,
        values={str(measure): measure(hits) for measure in measures},
        missing=missing,
        unjudged_topics=tuple(topic for topic in run.topic_ids if topic not in judged),
    )


def _some(topics: Sequence[str]) -> str:
    return ", ".join(topics[:3]) + (", ..." if len(topics) > 3 else "")
