"""``arir rerank``: check everything, rerank, and write the run with its provenance."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arir.artefacts import Provenance, find_qrels, read_provenance, write_provenance
from arir.artefacts.atomic import check_writable
from arir.data.collection import read_collection
from arir.data.runs import read_run, write_run
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.models.protocols import Reranker
from arir.progress import progress
from arir.rerank.config import RerankConfig
from arir.rerank.rankings import check_known, first_hits, rerank_rankings
from arir.search.max_passage import check_passages, max_passage
from arir.search.qrels import qrels_of
from arir.search.service import default_tag

__all__ = ["RerankReport", "read_needed", "rerank_run"]


@dataclass(frozen=True)
class RerankReport:
    """What a reranking did.

    Attributes:
        run: the file written; its side file lies beside it.
        reranker: its name.
        topics: reranked.
        scored: pairs of query and passage that were scored.
        qrels: named in the side file; ``None`` where none were given or found.
        seconds: spent on reranking, without loading.
        notes: warnings for the user.
    """

    run: Path
    reranker: str
    topics: int
    scored: int
    qrels: Path | None
    seconds: float
    notes: tuple[str, ...] = ()


def rerank_run(config: RerankConfig) -> RerankReport:
    """Rerank a run, as the settings say.

    Raises:
        DataError: for an unusable file, or a topic or passage of the run that is not there.
        EvaluationError: where the given qrels judge none of the topics.
        ModelError: where the reranker cannot be loaded.
        OutputError: where the run cannot be written.
    """
    check_writable(config.output)
    source, topics = read_run(config.run), read_topics(config.topics)
    check_known(source.topic_ids, topics, "topics", config.topics)
    if config.max_passage:
        check_passages(source.docids, config.run)
    notes: list[str] = []
    qrels = _qrels(config, topics, notes)
    from arir.models.loading import load_reranker

    reranker = load_reranker(
        config.reranker,
        device=config.device,
        precision=config.precision,
        batch_tokens=config.batch_tokens,
    )
    passages = read_needed(config.corpus, first_hits(source, config.depth), config.with_title)
    tag = config.tag or default_tag(config.output)
    started = time.perf_counter()
    run = rerank_rankings(source, topics, passages, reranker, depth=config.depth, tag=tag)
    if config.max_passage:
        run = max_passage(run)
    seconds = time.perf_counter() - started
    write_run(config.output, run)
    write_provenance(config.output, _provenance(config, reranker, tag, qrels, seconds))
    depths = (source.offsets[1:] - source.offsets[:-1]).clip(max=config.depth)
    return RerankReport(
        config.output, reranker.name, len(run), int(depths.sum()), qrels, seconds, tuple(notes)
    )


def read_needed(corpus: Path, docids: set[str], with_title: bool = False) -> dict[str, str]:
    """The texts of some passages, with no more of the collection in memory than these.

    Raises:
        DataError: naming the passages that the collection does not hold.
    """
    texts: dict[str, str] = {}
    for passage in progress(read_collection(corpus), f"reading {corpus.name}", unit="passage"):
        if passage.id in docids:
            texts[passage.id] = passage.text if with_title else passage.contents
            if len(texts) == len(docids):
                break
    check_known(sorted(docids), texts, "passages", corpus)
    return texts


def _qrels(config: RerankConfig, topics: dict[str, str], notes: list[str]) -> Path | None:
    """Those given, those of the source run, or those beside the topics."""
    if config.qrels is None:
        try:
            found = find_qrels(config.run)
        except DataError as error:
            notes.append(str(error))
            return None
        if found is not None:
            return found
    return qrels_of(config.topics, topics, config.qrels)


def _provenance(
    config: RerankConfig, reranker: Reranker, tag: str, qrels: Path | None, seconds: float
) -> Provenance:
    """The source run's method with a step of reranking added."""
    groups = read_provenance(config.run) or {}
    method: dict[str, Any] = dict(groups.get("method") or {})
    step = {
        "name": reranker.name,
        "method": "neural reranker",
        "profile": reranker.profile,
        "reranks": groups.get("tag") or config.run.name,
        "depth": config.depth,
        "with title": config.with_title,
    }
    if config.max_passage:
        step["aggregation"] = "maximum over a document's passages"
    method["reranking"] = [*(method.get("reranking") or []), step]
    method.pop("automatic", None)
    seed = method.pop("seed", None)
    inputs = {"topics": config.topics, "corpus": config.corpus, "run": config.run}
    if qrels is not None:
        inputs["qrels"] = qrels
    return Provenance(tag, method, inputs, seed=seed, seconds=seconds)
