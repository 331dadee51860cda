"""``arir mine``: read runs, judgments and scores, choose the negatives, write them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from arir.artefacts import Manifest, describe_input
from arir.artefacts.atomic import check_writable
from arir.artefacts.side_file import write_side_file
from arir.config import to_dict
from arir.data.mined import MinedQuery, write_mined
from arir.data.qrels import Qrels, read_qrels
from arir.data.runs import read_run
from arir.errors import DataError, EvaluationError
from arir.mine.config import MineConfig
from arir.mine.scores import RunRankings, ScoreSource, TeacherScores
from arir.mine.select import Judged, Selection, judged, select_negatives
from arir.progress import progress

__all__ = ["MineCounts", "MineReport", "mine_negatives"]


@dataclass(frozen=True)
class MineCounts:
    """What became of the queries and their candidates.

    Attributes:
        queries: written, with at least one negative each.
        negatives: written, all queries together.
        false_negatives: candidates dropped since they score too near to the positive.
        queries_short: of those written, with fewer negatives than asked for.
        queries_empty: not written, since no candidate was left.
        queries_without_positive: topics of the runs for which the qrels have no positive.
        queries_not_searched: with a positive, but in none of the runs.
        queries_unchecked: to which the margins do not apply, as no positive of theirs has a score;
            their candidates were kept. 0 without a margin.
        candidates_unchecked: that were kept without a check, those of these queries among them.
    """

    queries: int
    negatives: int
    false_negatives: int
    queries_short: int
    queries_empty: int
    queries_without_positive: int
    queries_not_searched: int
    queries_unchecked: int
    candidates_unchecked: int


@dataclass(frozen=True)
class MineReport:
    """What a mining did.

    Attributes:
        output: the file written; its side file lies beside it.
        counts: of queries and candidates.
        seconds: spent on choosing, without reading and writing.
    """

    output: Path
    counts: MineCounts
    seconds: float


def mine_negatives(config: MineConfig) -> MineReport:
    """Mine hard negatives, as the settings say.

    Raises:
        DataError: for an unusable file, scores that cover no positive, or where no query has a
            negative left.
        EvaluationError: where the qrels have a positive for none of the runs' topics.
        OutputError: where the file cannot be written.
    """
    check_writable(config.output)
    qrels = read_qrels(config.qrels)
    runs = [RunRankings(read_run(path)) for path in config.runs]
    topics = list(dict.fromkeys(topic for run in runs for topic in run.run.topic_ids))
    known = {topic: judged(qrels.get(topic, {}), config.relevant) for topic in topics}
    known = {topic: judgments for topic, judgments in known.items() if judgments.positives}
    if not known:
        raise EvaluationError(
            f"has no passage of grade {config.relevant} or more for any topic of the runs",
            where=config.qrels,
            fix="name the qrels of these topics",
        )
    started = time.perf_counter()
    selections = _select(known, runs, _sources(config, runs), config)
    seconds = time.perf_counter() - started
    counts = _counts(selections, topics, qrels, config)
    mined = (
        MinedQuery(topic, known[topic].positives, selection.negatives)
        for topic, selection in selections.items()
        if selection.negatives
    )
    write_mined(config.output, mined)
    write_side_file(config.output, _manifest(config, counts))
    return MineReport(config.output, counts, seconds)


def _sources(config: MineConfig, runs: Sequence[RunRankings]) -> Sequence[ScoreSource]:
    if not config.guarded:
        return []
    return runs if config.scores is None else [TeacherScores(config.scores)]


def _select(
    known: dict[str, Judged],
    runs: Sequence[RunRankings],
    sources: Sequence[ScoreSource],
    config: MineConfig,
) -> dict[str, Selection]:
    """The negatives of every query; refuses settings under which there is nothing to train on."""
    selections = {}
    for topic, judgments in progress(known.items(), "mining", total=len(known), unit="query"):
        rankings = [run.ranking(topic, config.depth) for run in runs]
        scores = [source.scores(topic) for source in sources]
        selections[topic] = select_negatives(topic, judgments, rankings, scores, config)
    if sources and not any(selection.guarded for selection in selections.values()):
        raise DataError(
            "no positive of any query has a score, so that the margins check nothing",
            where=config.scores or config.runs[0],
            fix="give scores of the same query and passage ids, or leave the margins out",
        )
    if not any(selection.negatives for selection in selections.values()):
        fix = "choose a greater depth, or smaller margins"
        raise DataError("no candidate is left as a negative", where=config.runs[0], fix=fix)
    return selections


def _counts(
    selections: dict[str, Selection], topics: Sequence[str], qrels: Qrels, config: MineConfig
) -> MineCounts:
    found = list(selections.values())
    sizes = [len(selection.negatives) for selection in found]
    searched = set(topics)
    return MineCounts(
        queries=sum(size > 0 for size in sizes),
        negatives=sum(sizes),
        false_negatives=sum(selection.dropped for selection in found),
        queries_short=sum(0 < size < config.negatives for size in sizes),
        queries_empty=sizes.count(0),
        queries_without_positive=len(topics) - len(selections),
        queries_not_searched=sum(
            topic not in searched and bool(judged(grades, config.relevant).positives)
            for topic, grades in qrels.items()
        ),
        queries_unchecked=sum(not selection.guarded for selection in found)
        if config.guarded
        else 0,
        candidates_unchecked=sum(selection.unchecked for selection in found),
    )


def _manifest(config: MineConfig, counts: MineCounts) -> Manifest:
    inputs = {f"run {number}": path for number, path in enumerate(config.runs, 1)}
    inputs["qrels"] = config.qrels
    if config.scores is not None:
        inputs["scores"] = config.scores
    return Manifest(
        kind="mined-negatives",
        properties={"settings": to_dict(config), "counts": asdict(counts)},
        inputs={role: describe_input(path) for role, path in inputs.items()},
        seed=config.seed if config.sampling == "random" else None,
    )
