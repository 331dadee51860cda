"""``arir search``: check everything, search, and write the run with its provenance."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from arir.artefacts import Provenance, write_provenance
from arir.artefacts.atomic import check_writable
from arir.data.runs import write_run
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.search.config import SearchConfig
from arir.search.corpus import indexed
from arir.search.methods import Found, search_as_planned
from arir.search.plan import Plan, plan_search
from arir.search.qrels import qrels_of
from arir.search.threads import torch_threads

__all__ = ["SearchReport", "default_tag", "search_topics"]


@dataclass(frozen=True)
class SearchReport:
    """What a search did.

    Attributes:
        run: the file written; its side file lies beside it.
        method: ``bm25``, ``dense``, ``late-interaction`` or ``hybrid``.
        encoder: name of the query encoder; ``None`` for BM25.
        topics: searched.
        hits: in the run, all topics together.
        topics_without_hits: ids of the topics that the run does not hold.
        qrels: named in the side file; ``None`` where none were given or found.
        seconds: spent on encoding queries and searching, without loading.
        notes: warnings for the user.
    """

    run: Path
    method: str
    encoder: str | None
    topics: int
    hits: int
    topics_without_hits: tuple[str, ...]
    qrels: Path | None
    seconds: float
    notes: tuple[str, ...] = ()


def search_topics(config: SearchConfig) -> SearchReport:
    """Search topics into a TREC run, as the settings say.

    Raises:
        ConfigError: where methods and indexes do not fit together.
        DataError: for an unusable collection, topics or qrels, or where no topic has a hit.
        EvaluationError: where the given qrels judge none of the topics.
        IndexMismatchError: where an index is missing, damaged, or another encoder's.
        ModelError: where the encoder cannot be loaded.
        OutputError: where the run cannot be written.
    """
    check_writable(config.output)
    topics = read_topics(config.topics)
    qrels = qrels_of(config.topics, topics, config.qrels)
    tag = config.tag or default_tag(config.output)
    with indexed(config) as (search, notes):
        plan = plan_search(search)
        with torch_threads(config.threads if plan.encoder else None):
            found = search_as_planned(plan, search, topics, tag)
    if not len(found.run):
        fix = "is what is searched in the language of the topics?"
        raise DataError("no topic has a hit", where=config.topics, fix=fix)
    answered = set(found.run.topic_ids)
    write_run(config.output, found.run)
    write_provenance(config.output, _provenance(config, plan, found, tag, qrels))
    return SearchReport(
        run=config.output,
        method=plan.method,
        encoder=found.encoder,
        topics=len(topics),
        hits=len(found.run.scores),
        topics_without_hits=tuple(topic for topic in topics if topic not in answered),
        qrels=qrels,
        seconds=found.seconds,
        notes=(*found.notes, *notes),
    )


def default_tag(output: Path) -> str:
    """A run's name from its file name, as one word.

    >>> default_tag(Path("runs/kd aradpr.trec"))
    'kd-aradpr'
    """
    name = output.name.removesuffix(".gz").removesuffix(".txt").removesuffix(".trec")
    return "-".join(name.split()) or "run"


def _provenance(
    config: SearchConfig, plan: Plan, found: Found, tag: str, qrels: Path | None
) -> Provenance:
    inputs = {"topics": config.topics}
    if qrels is not None:
        inputs["qrels"] = qrels
    if config.corpus is not None:
        inputs["corpus"] = config.corpus
        steps = [{**step, "with title": config.with_title} for step in found.steps]
        return Provenance(tag, {"retrieval": steps}, inputs, seconds=found.seconds)
    indexes = {
        "dense index": plan.dense,
        "multi-vector index": plan.late,
        "bm25 index": plan.bm25,
    }
    inputs |= {role: path for role, path in indexes.items() if path is not None}
    return Provenance(tag, {"retrieval": found.steps}, inputs, seconds=found.seconds)
