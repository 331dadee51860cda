"""The dev set: the student reranks the candidates of queries that it is not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from arir.data.qrels import read_qrels
from arir.data.runs import Run, read_run
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.models.protocols import Reranker

if TYPE_CHECKING:
    from arir.train.config import StudentConfig

__all__ = ["DevSet", "load_dev_set"]


@dataclass(frozen=True)
class DevSet:
    """Queries with candidates to rerank.

    Attributes:
        queries: id to text.
        candidates: query id to passage ids, the best first.
        passages: id to text; those that are reranked at least.
        qrels: query id to passage id to grade; queries without candidates count 0.
        depth: candidates of a query that are reranked; the others stay behind them.

    Raises:
        DataError: where no student could do better than another.
    """

    queries: Mapping[str, str]
    candidates: Mapping[str, Sequence[str]]
    passages: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]
    depth: int | None = None

    def __post_init__(self) -> None:
        if not self.candidates:
            fix = "check the dev files, or the held-out queries"
            raise DataError("the dev set has no query with candidates", fix=fix)
        if not any(self.qrels[query].get(d, 0) > 0 for query, d in self._reranked()):
            what = "no candidate of a dev query is relevant, so that all students measure the same"
            fix = "check that run and qrels are of the same collection, or raise --dev-depth"
            raise DataError(what, fix=fix)

    def _reranked(self) -> list[tuple[str, str]]:
        """Query and passage of every pair that is scored."""
        return [(q, d) for q, ids in self.candidates.items() for d in ids[: self.depth]]

    def measurer(self, reranker: Callable[[], Reranker], measure: str) -> Callable[[], float]:
        """A function that reranks everything and gives the measure."""

        def value() -> float:
            return self.measure(reranker(), measure)

        return value

    def measure(self, reranker: Reranker, measure: str) -> float:
        """What ``arir evaluate`` says of the student's ``arir rerank``, over all queries."""
        from arir.evaluate.measure import measure_run
        from arir.evaluate.measures import parse_measure
        from arir.rerank.rankings import rerank_rankings

        ranked = {
            query: [(docid, float(-place)) for place, docid in enumerate(ids)]
            for query, ids in self.candidates.items()
        }
        run = rerank_rankings(
            Run.from_rankings(ranked, "dev"),
            self.queries,
            self.passages,
            reranker,
            depth=self.depth or max(map(len, self.candidates.values())),
        )
        parsed = parse_measure(measure)
        qrels = {query: dict(grades) for query, grades in self.qrels.items()}
        return parsed.aggregate(measure_run(run, qrels, [parsed]).values[str(parsed)])


def load_dev_set(config: StudentConfig) -> DevSet | None:
    """Read the dev set that the settings name; ``None`` where they name none.

    Its queries are those that have both a text and judgments.

    Raises:
        DataError: where a candidate has no text, or nothing can be measured.
    """
    from arir.rerank.service import read_needed

    if config.dev_run is None or config.dev_topics is None or config.dev_qrels is None:
        return None
    topics, judged = read_topics(config.dev_topics), read_qrels(config.dev_qrels)
    qrels = {query: dict(judged[query]) for query in topics if query in judged}
    candidates = {
        query: [hit.docid for hit in sorted(hits, key=lambda hit: -hit.score)]
        for query, hits in read_run(config.dev_run).rankings()
        if query in qrels
    }
    if not candidates:
        what = "the dev run, topics and qrels share no query"
        raise DataError(what, where=config.dev_run, fix="give files of the same queries")
    depth = config.dev_depth
    wanted = {docid for ids in candidates.values() for docid in ids[:depth]}
    titled = bool(getattr(config, "with_title", False))
    passages = read_needed(_corpus(config), wanted, titled)
    return DevSet({query: topics[query] for query in qrels}, candidates, passages, qrels, depth)


def _corpus(config: StudentConfig) -> Path:
    corpus: Path | None = config.dev_corpus or getattr(config, "corpus", None)
    if corpus is None:
        raise DataError("no collection for the dev run", fix="give --dev-corpus")
    return corpus
