"""``method: margins``: teacher scores of triples, joined with texts by id."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from arir.data.lines import read_ids
from arir.data.teacher import read_teacher
from arir.data.teacher_join import JoinedRows, draw_queries, join_teacher_rows
from arir.data.topics import read_all_topics
from arir.train.config import MarginsConfig
from arir.train.dev import DevSet, load_dev_set
from arir.train.facts import teacher_facts
from arir.train.labels import check_margins, make_labels
from arir.train.task import Task
from arir.train.texts import RankingTexts, make_collator, mix_languages

if TYPE_CHECKING:
    from arir.train.methods import OpenStudent

__all__ = ["prepare"]


def prepare(config: MarginsConfig, open_student: OpenStudent, scratch: Path) -> Task:
    """Join rows with texts, make labels, and tokenise.

    Raises:
        DataError: for unusable data, or where nothing joins or nothing can be distilled.

    Warns:
        MissingTextWarning: where rows of the teacher file are left out for want of a text.
        TeacherScoreWarning: where the teacher's margins are too small to teach much.
    """
    from arir.models.batches import Lists
    from arir.train.kernels import make_kernel
    from arir.train.objectives import ListObjective

    topics = read_all_topics(config.topics)
    rows = _joined(config, topics, scratch)
    check_margins(rows.scores, config)
    texts = RankingTexts(config, rows.query_ids, rows.query_texts, rows.passage_index)
    student = open_student(texts.everything)
    lists = Lists(rows.query, rows.passages, make_labels(rows.scores, config))
    lists = mix_languages(lists, texts.languages, config.mixing, len(rows.passage_ids), config.seed)
    return Task(
        student=student,
        objective=ListObjective(student.learner, make_kernel(config.loss)),
        rows=len(lists),
        unit="triples",
        collator=make_collator(student, lists, texts, scratch),
        facts=_facts(config, rows),
        held_out=tuple(sorted(rows.held_out)),
        dev=_held_out_dev(config, rows, topics) or load_dev_set(config),
    )


def _joined(config: MarginsConfig, topics: dict[str, str], scratch: Path) -> JoinedRows:
    return join_teacher_rows(
        config.teacher_scores,
        topics=topics,
        corpora=[config.corpus],
        scratch=scratch,
        leave_out=_held_out(config),
        limit=config.max_triples,
        sample=config.sample_triples,
        seed=config.seed,
        with_title=config.with_title,
    )


def _held_out(config: MarginsConfig) -> frozenset[str]:
    if config.held_out is None:
        return frozenset()
    if config.held_out_count is not None:
        return frozenset(draw_queries(config.teacher_scores, config.held_out_count, config.seed))
    return read_ids(Path(str(config.held_out)))


def _held_out_dev(config: MarginsConfig, rows: JoinedRows, topics: dict[str, str]) -> DevSet | None:
    """The held-out queries with the passages that the teacher file pairs them with."""
    if not config.held_out_dev:
        return None
    from arir.data.collection import read_collection

    wanted = {
        docid for query in rows.held_out.values() for docid in (*query.positives, *query.negatives)
    }
    passages = {
        passage.id: passage.text if config.with_title else passage.contents
        for passage in read_collection(config.corpus)
        if passage.id in wanted
    }
    candidates = {
        query: [docid for docid in (*held.negatives, *held.positives) if docid in passages]
        for query, held in rows.held_out.items()
        if query in topics and any(docid in passages for docid in held.positives)
    }
    qrels = {
        query: dict.fromkeys((d for d in rows.held_out[query].positives if d in passages), 1)
        for query in candidates
    }
    return DevSet({query: topics[query] for query in candidates}, candidates, passages, qrels)


def _facts(config: MarginsConfig, rows: JoinedRows) -> dict[str, Any]:
    return {
        "labels": config.labels,
        "teacher": teacher_facts(read_teacher(config.teacher_scores)),
        "triples": len(rows),
        "missing": rows.missing,
        "missing_queries": rows.missing_queries,
        "missing_passages": rows.missing_passages,
        "queries": len(rows.query_ids),
        "passages": len(rows.passage_ids),
        "held_out": len(rows.held_out),
    }
