"""Significance of runs against baselines by trectools, cross-checked against arir.

Each run becomes trectools' objects twice: with exact values of every judged topic, where both must
agree, and as trectools alone would have it, where each difference is put down to what causes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from arir.compare import trectools_objects as trectools
from arir.compare.corrections import Correction, corrected
from arir.compare.significance import t_test
from arir.data.qrels import Qrels
from arir.data.runs import Run
from arir.errors import ConfigError, EvaluationError, nearest
from arir.evaluate.measure import Measured, measure_run
from arir.evaluate.measures import Measure
from arir.evaluate.ranking import single_precision
from arir.fuse import Fusion, fuse

__all__ = [
    "FusionCheck",
    "SignificanceCheck",
    "TrectoolsCheck",
    "ValueCheck",
    "check_fusion",
    "check_with_trectools",
]

#: values and p-values that agree this closely are the same
CLOSE = 1e-9


@dataclass(frozen=True)
class ValueCheck:
    """The values of one run under one measure, arir's (trec_eval's) and trectools' own.

    Attributes:
        mean: arir's, over all judged topics.
        trectools_mean: what trectools reports.
        left_out: judged topics for which trectools gives no value.
        different: topics with another value.
        largest: the largest difference among those.
        why: ``equal``, or the causes of the differences.
    """

    measure: str
    run: str
    mean: float
    trectools_mean: float
    left_out: int
    different: int
    largest: float
    why: str


@dataclass(frozen=True)
class SignificanceCheck:
    """One run against one baseline under one measure, by the paired t-test.

    Attributes:
        difference: mean of the run minus mean of the baseline.
        p: arir's; ``corrected_p`` for the family of all checks.
        trectools_p: ``TrecRes.compare_with`` on the exact values of all judged topics.
        agrees: whether that is arir's ``p``.
        alone_p: ``TrecRes.compare_with`` on the values that trectools computes itself.
        alone_topics: how many topics it uses then.
        why: what makes the difference.
    """

    measure: str
    run: str
    baseline: str
    difference: float
    topics: int
    p: float
    corrected_p: float
    trectools_p: float
    agrees: bool
    alone_p: float
    alone_topics: int
    why: str


@dataclass(frozen=True)
class TrectoolsCheck:
    """All values and all comparisons."""

    values: tuple[ValueCheck, ...]
    comparisons: tuple[SignificanceCheck, ...]


@dataclass(frozen=True)
class _Both:
    """One run as both see it: topic to value by measure."""

    exact: Mapping[str, Mapping[str, float]]
    own: Mapping[str, Mapping[str, float]]


def check_with_trectools(
    runs: Mapping[str, Run],
    baselines: Sequence[str],
    qrels: Qrels,
    measures: Sequence[Measure],
    correction: Correction = "holm",
) -> TrectoolsCheck:
    """Compare every run that is no baseline with every baseline under every measure.

    Raises:
        ConfigError: for a measure that trectools lacks, or a baseline that is none of the runs.
        EvaluationError: where a run and the qrels share no topic, or all runs are baselines.
    """
    _check_arguments(runs, baselines, measures)
    judged = trectools.trec_qrel(qrels)
    both: dict[str, _Both] = {}
    values = []
    for name, run in runs.items():
        measured = measure_run(run, qrels, measures)
        alone = trectools.trec_run(run, "reader")
        exact = {str(m): _by_topic(measured, str(m)) for m in measures}
        own = {str(m): trectools.own_values(alone, judged, m) for m in measures}
        both[name] = _Both(exact, own)
        for measure in measures:
            mean = trectools.own_mean(alone, judged, measure)
            values.append(_value_check(name, run, qrels, str(measure), both[name], mean))
    comparisons = [
        _compared(str(measure), name, baseline, both[name], both[baseline])
        for measure in measures
        for baseline in baselines
        for name in runs
        if name not in baselines
    ]
    adjusted = corrected([check.p for check in comparisons], correction)
    decided = [
        replace(check, corrected_p=float(p)) for check, p in zip(comparisons, adjusted, strict=True)
    ]
    return TrectoolsCheck(tuple(values), tuple(decided))


def _check_arguments(
    runs: Mapping[str, Run], baselines: Sequence[str], measures: Sequence[Measure]
) -> None:
    for measure in measures:
        if not trectools.supported(measure):
            known = ", ".join(trectools.MEASURES)
            raise ConfigError(f"trectools has no measure {measure}", fix=f"choose among {known}")
    for baseline in baselines:
        if baseline not in runs:
            what = f"the baseline '{baseline}' is none of the runs"
            raise ConfigError(what, fix=nearest(baseline, runs))
    if set(runs) <= set(baselines):
        raise EvaluationError("every run is a baseline", fix="give runs to compare with them")


def _by_topic(measured: Measured, measure: str) -> dict[str, float]:
    return dict(zip(measured.topic_ids, measured.values[measure].tolist(), strict=True))


def _value_check(
    name: str, run: Run, qrels: Qrels, measure: str, both: _Both, own_mean: float
) -> ValueCheck:
    exact, own = both.exact[measure], both.own[measure]
    left_out = [topic for topic in exact if topic not in own]
    gaps = {topic: abs(exact[topic] - own[topic]) for topic in exact if topic in own}
    different = [topic for topic, gap in gaps.items() if gap > CLOSE]
    mean = float(np.mean(list(exact.values())))
    causes = [*_why_left_out(left_out, run), *_why_different(different, run, qrels, measure)]
    if len(run) != len(exact):
        causes.append(f"its mean is over the {len(run)} topics of the run, not the {len(exact)}")
    largest = max((gaps[topic] for topic in different), default=0.0)
    why = "; ".join(causes) or "equal"
    return ValueCheck(measure, name, mean, own_mean, len(left_out), len(different), largest, why)


def _why_left_out(topics: Sequence[str], run: Run) -> list[str]:
    held = set(run.topic_ids)
    missing = sum(topic not in held for topic in topics)
    zero = len(topics) - missing
    causes = [f"no value for {_topics(missing)} that the run lacks"] if missing else []
    return causes + ([f"no value where the run scores 0, {_topics(zero)}"] if zero else [])


def _why_different(topics: Sequence[str], run: Run, qrels: Qrels, measure: str) -> list[str]:
    bare = [t for t in topics if measure == "Bpref" and 0 not in qrels[t].values()]
    ties = _tied_topics(run)
    tied = [topic for topic in topics if topic in ties and topic not in bare]
    causes = []
    if bare:
        causes.append(f"it divides by 0 on {_topics(len(bare))} without non-relevant judgments")
    if tied:
        causes.append(
            f"it ranks ties by docid ascending, trec_eval descending, {_topics(len(tied))}"
        )
    unknown = len(topics) - len(bare) - len(tied)
    return causes + ([f"unknown cause, {_topics(unknown)}"] if unknown else [])


def _topics(number: int) -> str:
    return f"{number} topic{'' if number == 1 else 's'}"


def _tied_topics(run: Run) -> set[str]:
    """Topics in which two hits have the same score in single precision."""
    scores = single_precision(run.scores)
    bounds = zip(run.topic_ids, run.offsets[:-1], run.offsets[1:], strict=True)
    return {topic for topic, a, b in bounds if len(np.unique(scores[a:b])) < b - a}


def _compared(
    measure: str, name: str, baseline: str, one: _Both, other: _Both
) -> SignificanceCheck:
    first, second = one.exact[measure], other.exact[measure]
    x, y = np.array(list(first.values())), np.array([second[topic] for topic in first])
    p = t_test(x, y).p
    theirs = trectools.compare_p(
        _res(name, measure, first), _res(baseline, measure, second), measure
    )
    own, own_baseline = one.own[measure], other.own[measure]
    shared = own.keys() & own_baseline.keys()
    alone = math.nan
    if len(shared) > 1:
        ends = _res(name, measure, own), _res(baseline, measure, own_baseline)
        alone = trectools.compare_p(*ends, measure)
    agrees = _same(p, theirs) or (math.isnan(theirs) and not (x - y).any())
    return SignificanceCheck(
        measure=measure,
        run=name,
        baseline=baseline,
        difference=float((x - y).mean()),
        topics=len(first),
        p=p,
        corrected_p=p,
        trectools_p=theirs,
        agrees=agrees,
        alone_p=alone,
        alone_topics=len(shared),
        why="; ".join(_why_p(p, theirs, alone, len(first), len(shared))) or "equal",
    )


def _res(name: str, measure: str, values: Mapping[str, float]) -> Any:
    return trectools.trec_res(name, {measure: values})


def _why_p(p: float, theirs: float, alone: float, topics: int, used: int) -> Iterable[str]:
    if math.isnan(theirs):
        yield "all differences are 0, where trectools gives NaN for 1"
    elif theirs == 0:
        yield "trectools' p underflows to 0"
    elif not _same(p, theirs):
        yield "no variance, where t is infinite" if p >= CLOSE else "unknown cause"
    if used < topics:
        yield f"alone it drops {topics - used} of {topics} topics, whose value is 0 or missing"
    elif not _same(alone, theirs):
        yield "alone it has other values"


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-300)


@dataclass(frozen=True)
class FusionCheck:
    """A fusion by trectools against arir's.

    Attributes:
        run: the fused run, trectools' scores in arir's form.
        topics: how many there are.
        different: topics in which the passages or their scores differ.
    """

    run: Run
    topics: int
    different: int


def check_fusion(runs: Sequence[Run], method: str) -> FusionCheck:
    """Fuse runs by trectools (``rrf``, ``combsum``, ``combmnz``) and by arir, and compare.

    Scores are not normalised, as trectools has it, and compared in single precision.

    Raises:
        ConfigError: for an unknown method.
        EvaluationError: for fewer than two runs.
    """
    if method not in trectools.FUSIONS:
        raise ConfigError(f"unknown method '{method}'", fix=nearest(method, trectools.FUSIONS))
    if len(runs) < 2:
        raise EvaluationError("fusion needs at least two runs")
    made = trectools.fused([trectools.trec_run(run) for run in runs], method)
    theirs = trectools.run_of(made, f"trectools-{method}")
    ours = dict(fuse(runs, Fusion(method, normalisation="none")).rankings())
    different = 0
    for topic, hits in theirs.rankings():
        expected = {hit.docid: np.float32(hit.score) for hit in ours.get(topic, [])}
        found = {hit.docid: np.float32(hit.score) for hit in hits}
        different += not _same_hits(expected, found)
    return FusionCheck(theirs, len(theirs), different + len(ours.keys() - set(theirs.topic_ids)))


def _same_hits(one: Mapping[str, np.float32], other: Mapping[str, np.float32]) -> bool:
    """Equal scores; at the end of a full list, tied passages may be others."""
    if len(one) != len(other):
        return False
    last = max(min(one.values()), min(other.values()))
    above = {docid for docid, score in [*one.items(), *other.items()] if score > last * (1 + 1e-6)}
    return all(
        docid in one and docid in other and math.isclose(one[docid], other[docid], rel_tol=1e-6)
        for docid in above
    )
