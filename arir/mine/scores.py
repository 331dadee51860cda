"""Where the scores for the margins come from: a teacher's file, or the runs themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np

from arir.data.runs import Run
from arir.data.score_store import read_scores
from arir.data.score_store_columns import ScoreColumns
from arir.search.order import topic_order

__all__ = ["RunRankings", "ScoreSource", "TeacherScores"]


class ScoreSource(Protocol):
    """Scores of one scale; those of two sources are never compared."""

    def scores(self, query: str) -> Mapping[str, float]:
        """Passage id to score, as far as the passages of a query have one."""


class RunRankings:
    """A run by topic: its ranking in trec_eval's order, and its scores."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self._places = {topic: place for place, topic in enumerate(run.topic_ids)}

    def ranking(self, query: str, depth: int) -> list[str]:
        """The first docids of a topic; none where the run lacks it."""
        if query not in self._places:
            return []
        hits = self.run.hits(self._places[query])
        docids = np.array([hit.docid for hit in hits], dtype=object)
        order = topic_order(np.array([hit.score for hit in hits]), docids)
        ranked: list[str] = docids[order[:depth]].tolist()
        return ranked

    def scores(self, query: str) -> Mapping[str, float]:
        """Score of every hit of a topic, beyond any depth."""
        if query not in self._places:
            return {}
        return {hit.docid: hit.score for hit in self.run.hits(self._places[query])}


class TeacherScores:
    """A teacher's scores by query, kept in columns: 12 bytes a pair.

    Raises:
        DataError: for a file that is unusable, when it is opened or first asked.
    """

    def __init__(self, path: Path) -> None:
        self._file = read_scores(path)

    def scores(self, query: str) -> Mapping[str, float]:
        """Score of every passage that the teacher scored for a query."""
        columns, bounds = self._columns, self._bounds.get(query, slice(0, 0))
        passages = (columns.passage_ids[place] for place in columns.passage[bounds].tolist())
        return dict(zip(passages, columns.scores[bounds].tolist(), strict=True))

    @cached_property
    def _columns(self) -> ScoreColumns:
        return self._file.columns()

    @cached_property
    def _bounds(self) -> dict[str, slice]:
        """Where the pairs of each query stand; they stand beside each other."""
        query = self._columns.query
        starts = np.flatnonzero(np.diff(query, prepend=-1))
        stops = [*starts[1:].tolist(), len(query)]
        named = (self._columns.query_ids[query[start]] for start in starts)
        return dict(zip(named, map(slice, starts.tolist(), stops), strict=True))
