"""Put candidates into the order that evaluation will see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from arir.models.protocols import Candidate

__all__ = ["ranked"]


def ranked(
    candidates: Sequence[Candidate], scores: NDArray[np.float32] | Sequence[float]
) -> list[Candidate]:
    """The candidates with new scores, best first; equal scores by docid descending.

    That is trec_eval's rule for ties, so a written run is measured in the order seen here.

    >>> old = [Candidate("d1", "a"), Candidate("d2", "b"), Candidate("d3", "c")]
    >>> [candidate.docid for candidate in ranked(old, [0.5, 0.9, 0.5])]
    ['d2', 'd3', 'd1']
    """
    scored = [
        candidate._replace(score=float(score))
        for candidate, score in zip(candidates, scores, strict=True)
    ]
    return sorted(scored, key=lambda item: (item.score, item.docid), reverse=True)
