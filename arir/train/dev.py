"""The dev set: the student reranks the candidates of queries that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arir.data.collection import read_collection
from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.models.protocols import Candidate, Reranker

if TYPE_CHECKING:
    from arir.train.config import StudentConfig

__all__ = ["DevSet", "load_dev_set"]


@dataclass(frozen=True)
class DevSet:
    """Queries with candidates to rerank.

    Attributes:
        queries: id to text.
        candidates: query id to passage ids, in the order of the run.
        passages: id to text.
        qrels: query id to passage id to grade.
    """

    queries: Mapping[str, str]
    candidates: Mapping[str, Sequence[str]]
    passages: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]

    def measurer(self, reranker: Callable[[], Reranker], measure: str) -> Callable[[], float]:
        """A function that reranks everything and gives the mean of the measure."""

        def value() -> float:
            return self.measure(reranker(), measure)

        return value

    def measure(self, reranker: Reranker, measure: str) -> float:
        """The mean of a measure over all queries when a student reranks."""
        from arir.evaluate.measure import measure_run
        from arir.evaluate.measures import parse_measure

        rankings = {}
        for query, ids in self.candidates.items():
            candidates = [Candidate(docid, self.passages[docid]) for docid in ids]
            ranked = reranker.rerank(self.queries[query], candidates)
            rankings[query] = [(item.docid, item.score) for item in ranked]
        run = Run.from_rankings(rankings, "dev")
        parsed = parse_measure(measure)
        qrels = {query: dict(grades) for query, grades in self.qrels.items()}
        measured = measure_run(run, qrels, [parsed])
        return float(measured.values[str(parsed)].mean())


def load_dev_set(config: StudentConfig) -> DevSet | None:
    """Read the dev set that the settings name; ``None`` where they name none.

    Raises:
        DataError: where a candidate has no text, or no query is left.
    """
    if config.dev_run is None or config.dev_topics is None or config.dev_qrels is None:
        return None
    topics, qrels = read_topics(config.dev_topics), read_qrels(config.dev_qrels)
    candidates = {
        query: [hit.docid for hit in hits[: config.dev_depth]]
        for query, hits in read_run(config.dev_run).rankings()
        if query in topics and query in qrels
    }
    if not candidates:
        what = "the dev run, topics and qrels share no query"
        raise DataError(what, where=config.dev_run, fix="give files of the same queries")
    wanted = {docid for ids in candidates.values() for docid in ids}
    passages = _passages(config, wanted)
    absent = wanted - passages.keys()
    if absent:
        what = f"the collection lacks {len(absent):,} of its passages, such as {min(absent)}"
        raise DataError(what, where=config.dev_run, fix="give its collection as --dev-corpus")
    kept = {query: dict(qrels[query]) for query in candidates}
    return DevSet({query: topics[query] for query in candidates}, candidates, passages, kept)


def _passages(config: StudentConfig, wanted: set[str]) -> dict[str, str]:
    corpus: Path | None = config.dev_corpus or getattr(config, "corpus", None)
    if corpus is None:
        raise DataError("no collection for the dev run", fix="give --dev-corpus")
    titled = bool(getattr(config, "with_title", False))
    return {
        passage.id: passage.text if titled else passage.contents
        for passage in read_collection(corpus)
        if passage.id in wanted
    }
