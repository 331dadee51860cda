"""The triples that a student is trained on: teacher scores joined with texts by id."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from arir.data.collection import read_collection
from arir.data.lines import numbered_lines
from arir.data.teacher_scores import TeacherScores, read_teacher_scores
from arir.data.topics import read_topics
from arir.errors import DataError
from arir.progress import progress
from arir.train.config import TrainConfig

__all__ = ["MissingTextWarning", "Triples", "join", "load_triples", "read_all_topics"]


class MissingTextWarning(UserWarning):
    """Some rows of a teacher file name a query or a passage that has no text."""


@dataclass(frozen=True)
class Triples:
    """N triples of texts with the teacher's scores.

    Attributes:
        queries: the distinct queries that occur, as their file gives them.
        passages: the distinct passages that occur, likewise.
        query: shape (N,), places in :attr:`queries`.
        positive: shape (N,), places in :attr:`passages`.
        negative: shape (N,), places in :attr:`passages`.
        margins: the teacher's positive score less its negative one, shape (N,).
        missing: rows left out because an id is in no file.
        missing_queries: distinct query ids that the topics lack.
        missing_passages: distinct passage ids that the collection lacks.
        held_out: ids of the queries that were kept from training, sorted.
    """

    queries: tuple[str, ...]
    passages: tuple[str, ...]
    query: NDArray[np.int32]
    positive: NDArray[np.int32]
    negative: NDArray[np.int32]
    margins: NDArray[np.float32]
    missing: int = 0
    missing_queries: int = 0
    missing_passages: int = 0
    held_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.query)


def load_triples(config: TrainConfig) -> Triples:
    """Read and join what the settings name.

    Rows of held-out queries go first; of the others the first ``max_triples`` are joined, in file
    order. A number of held-out queries is drawn with the seed from all queries of the teacher file.

    Raises:
        DataError: for an unusable file, or where no row joins.

    Warns:
        MissingTextWarning: where rows are left out because an id has no text.
    """
    topics = read_all_topics(config.topics)
    held_out, scores = _scores(config)
    triples = join(scores, topics, config, held_out)
    if triples.missing:
        warnings.warn(
            f"{config.teacher_scores}: {triples.missing:,} of {len(scores):,} rows are left out,"
            f" since {triples.missing_queries:,} queries and {triples.missing_passages:,} passages"
            " have no text",
            MissingTextWarning,
            stacklevel=2,
        )
    return triples


def read_all_topics(paths: Sequence[Path]) -> dict[str, str]:
    """Read several files of topics as one.

    Raises:
        DataError: where one is unusable, or two give the same id different texts.
    """
    topics: dict[str, str] = {}
    for path in paths:
        for identifier, text in read_topics(path).items():
            if topics.setdefault(identifier, text) != text:
                fix = "give every query an id of its own"
                what = f"query {identifier} has another text than in an earlier file"
                raise DataError(what, where=path, fix=fix)
    return topics


def _scores(config: TrainConfig) -> tuple[tuple[str, ...], TeacherScores]:
    """The held-out queries, and the rows of the others."""
    count = config.held_out_count
    if count is None:
        named = _named_ids(config.held_out)
        limit = config.max_triples
        scores = read_teacher_scores(config.teacher_scores, leave_out=named, limit=limit)
        return tuple(sorted(named)), scores
    scores = read_teacher_scores(config.teacher_scores)
    queries = len(scores.query_ids)
    if count >= queries:
        what = f"cannot hold out {count} of the {queries} queries and train on the others"
        raise DataError(what, where=config.teacher_scores, fix="lower --held-out")
    drawn = np.random.default_rng(config.seed).permutation(queries)[:count]
    kept = scores.rows(~np.isin(scores.query, drawn))
    ids = tuple(sorted(scores.query_ids[place] for place in drawn))
    return ids, kept.rows(slice(config.max_triples))


def _named_ids(file: str | int | None) -> frozenset[str]:
    """The first word of every line, so that topics serve as well as bare ids."""
    if file is None:
        return frozenset()
    return frozenset(line.split()[0] for _, line in numbered_lines(Path(str(file))))


def join(
    scores: TeacherScores,
    topics: dict[str, str],
    config: TrainConfig,
    held_out: tuple[str, ...] = (),
) -> Triples:
    """Put texts to ids; rows with an id that has none are counted and left out.

    Raises:
        DataError: where no row is left, with ids that were looked for.
    """
    queries = [topics.get(identifier) for identifier in scores.query_ids]
    passages = _passage_texts(scores.passage_ids, config)
    has_query, has_passage = _present(queries), _present(passages)
    sides = (scores.positive, scores.negative)
    whole = has_query[scores.query] & has_passage[sides[0]] & has_passage[sides[1]]
    if not whole.any():
        raise _nothing_joins(scores, has_query, has_passage, config)
    kept = scores.rows(whole)
    query_places, query = np.unique(kept.query, return_inverse=True)
    both = np.concatenate([kept.positive, kept.negative])
    passage_places, numbered = np.unique(both, return_inverse=True)
    positive, negative = numbered.astype(np.int32).reshape(2, -1)
    return Triples(
        queries=tuple(str(queries[place]) for place in query_places),
        passages=tuple(str(passages[place]) for place in passage_places),
        query=query.astype(np.int32),
        positive=positive,
        negative=negative,
        margins=kept.positive_score - kept.negative_score,
        missing=int((~whole).sum()),
        missing_queries=_unmatched(has_query, scores.query),
        missing_passages=_unmatched(has_passage, np.concatenate(sides)),
        held_out=held_out,
    )


def _passage_texts(ids: Sequence[str], config: TrainConfig) -> list[str | None]:
    """The text of each passage; the collection is streamed, and only what is asked for is kept."""
    places = {identifier: place for place, identifier in enumerate(ids)}
    texts: list[str | None] = [None] * len(ids)
    for passage in progress(read_collection(config.corpus), "collection", unit="passage"):
        place = places.get(passage.id)
        if place is not None:
            texts[place] = passage.text if config.with_title else passage.contents
    return texts


def _present(texts: Iterable[str | None]) -> NDArray[np.bool_]:
    return np.array([text is not None for text in texts], dtype=bool)


def _unmatched(present: NDArray[np.bool_], used: NDArray[np.int32]) -> int:
    return int((~present[np.unique(used)]).sum())


def _nothing_joins(
    scores: TeacherScores,
    has_query: NDArray[np.bool_],
    has_passage: NDArray[np.bool_],
    config: TrainConfig,
) -> DataError:
    if not len(scores):
        fix = "check --held-out"
        return DataError("no row is left to train on", where=config.teacher_scores, fix=fix)
    examples = []
    for kind, ids, present in (
        ("query", scores.query_ids, has_query),
        ("passage", scores.passage_ids, has_passage),
    ):
        absent = [ids[place] for place in np.flatnonzero(~present)[:3]]
        if absent:
            examples.append(f"{kind} {', '.join(absent)}")
    return DataError(
        f"none of its {len(scores):,} rows joins with {config.corpus} and the topics;"
        f" not found are {' and '.join(examples)}",
        where=config.teacher_scores,
        fix="give the translated collection and topics that keep the teacher file's ids",
    )
