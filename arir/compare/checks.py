"""What a reader must know before believing a comparison: failed assumptions and odd input."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from arir.compare.config import CompareConfig
from arir.compare.result import Pair
from arir.compare.significance.common import paired_differences
from arir.compare.systems import Judged, MeasuredRun

__all__ = ["collection_warnings", "family_warnings", "pair_warnings"]

#: below this many topics tests have little power and normal approximations are doubtful
FEW_TOPICS = 25
RESAMPLED = {"randomisation", "bootstrap", "tukey"}


def collection_warnings(judged: Judged, config: CompareConfig) -> list[str]:
    """Warnings on the topics and the runs of one collection."""
    runs = judged.runs
    return [
        *_few_topics(len(runs[0].topic_ids), config),
        *judged.notes,
        *(note for run in runs for note in run.notes),
        *_identical(runs),
        *_depths(runs, config),
        *_ties(runs),
        *_unjudged(runs),
    ]


def _few_topics(topics: int, config: CompareConfig) -> list[str]:
    if topics == 1:
        return [
            "one topic only: it shows no variance, so there are no intervals, and no difference "
            "can be significant"
        ]
    if topics >= FEW_TOPICS:
        return []
    doubt = {
        "t": ", and the t-test's normality is not to be taken for granted",
        "bootstrap": ", and the bootstrap is only roughly at its level",
    }.get(config.test, "")
    return [f"{topics} topics are few (below {FEW_TOPICS}): power is low{doubt}"]


def _identical(runs: Sequence[MeasuredRun]) -> list[str]:
    return [
        f"{one.name} and {other.name} have the same value on every topic under every measure, so "
        "their difference is 0 and p is 1; are they the same system?"
        for one, other in itertools.combinations(runs, 2)
        if all(
            not paired_differences(values, other.values[measure]).any()
            for measure, values in one.values.items()
        )
    ]


def _depths(runs: Sequence[MeasuredRun], config: CompareConfig) -> list[str]:
    depths = {run.name: run.depth for run in runs}
    if len(set(depths.values())) < 2:
        return []
    cutoffs = [measure.rpartition("@")[2] for measure in config.measure]
    deepest = max((int(k) for k in cutoffs if k.isdigit()), default=0)
    without = any("@" not in measure for measure in config.measure)
    if not without and min(depths.values()) >= deepest:
        return []
    listed = ", ".join(f"{name} {depth}" for name, depth in depths.items())
    return [f"runs differ in depth, which favours the deeper ones: {listed} hits at most"]


def _ties(runs: Sequence[MeasuredRun]) -> list[str]:
    warnings = []
    for cutoff in runs[0].ties:
        tied = [f"{run.name} on {run.ties[cutoff]}" for run in runs if run.ties[cutoff]]
        if tied:
            warnings.append(
                f"equal scores on both sides of rank {cutoff}, {', '.join(tied)} of "
                f"{len(runs[0].topic_ids):,} topics: which of the tied hits count is decided by "
                "their ids, as in trec_eval"
            )
    return warnings


def _unjudged(runs: Sequence[MeasuredRun]) -> list[str]:
    shares = {run.name: run.unjudged_share for run in runs}
    if max(shares.values()) == 0:
        return []
    listed = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
    return [f"unjudged hits in the top 10 count as not relevant: {listed}"]


def family_warnings(family: int, config: CompareConfig) -> list[str]:
    """A warning where too few resamples leave no pair a chance of being significant."""
    if config.test not in RESAMPLED or family == 0:
        return []
    factor = 1 if config.correction == "none" or config.test == "tukey" else family
    smallest = factor / (config.permutations + 1)
    if smallest <= config.alpha:
        return []
    enough = int(np.ceil(factor / config.alpha))
    hint = "" if config.correction != "bh" else " on its own"
    return [
        f"{config.permutations:,} resamples are too few for {family} hypotheses: the smallest "
        f"corrected p is {smallest:.3g}, so no sampled pair can be significant{hint}; "
        f"use --permutations {enough} or more"
    ]


def pair_warnings(pairs: Sequence[Pair], config: CompareConfig) -> list[str]:
    """Warnings on single pairs: no variance, or a test that disagrees with the means."""
    warnings = []
    for pair in pairs:
        who = f"{pair.first} − {pair.second} ({pair.measure})"
        value = pair.difference.value or 0.0
        if config.test in {"t", "bootstrap"} and pair.method == "exact" and value:
            warnings.append(
                f"{who}: the same difference on every topic; without variance there is no "
                "t statistic, so p is that of the exact sign-flip test"
            )
        if pair.significant and pair.better and value:
            mean_says = pair.first if value > 0 else pair.second
            if pair.better != mean_says:
                warnings.append(
                    f"{who}: the test speaks for {pair.better}, the mean for {mean_says}; "
                    f"the {config.test} test does not test means"
                )
    return warnings
