"""Test every pair of systems under every measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from arir.compare.config import CompareConfig
from arir.compare.significance import (
    Sides,
    TestResult,
    bootstrap_tests,
    mean_interval,
    paired_differences,
    randomisation_tests,
    sign_test,
    t_test,
    tukey_hsd,
    wilcoxon_test,
)
from arir.compare.significance.common import Advance, Floats, Interval, Pairs, sign_of

__all__ = ["Outcome", "Table", "outcomes_of", "resamples", "system_pairs"]

#: the values of S systems on n topics, shape (S, n), by measure
Table = dict[str, Floats]
ONE_BY_ONE: dict[str, Callable[[object, object, Sides], TestResult]] = {
    "t": t_test,
    "wilcoxon": wilcoxon_test,
    "sign": sign_test,
}


@dataclass(frozen=True)
class Outcome:
    """The result of a test and the interval of the mean difference that goes with it.

    The interval is Student's, but for the bootstrap (BCa) and Tukey's test (simultaneous).
    """

    result: TestResult
    interval: Interval


def system_pairs(count: int, baseline: int | None) -> Pairs:
    """All pairs of systems, or every system with the baseline, which comes second.

    >>> system_pairs(3, None), system_pairs(3, 0)
    ([(0, 1), (0, 2), (1, 2)], [(1, 0), (2, 0)])
    """
    if baseline is not None:
        return [(one, baseline) for one in range(count) if one != baseline]
    return [(one, other) for one in range(count) for other in range(one + 1, count)]


def resamples(config: CompareConfig, measures: int) -> int:
    """How many resamples one collection takes, for the progress bar."""
    rounds = {"randomisation": 1, "bootstrap": 1, "tukey": measures}
    return config.permutations * rounds.get(config.test, 0)


def outcomes_of(
    table: Table, pairs: Pairs, config: CompareConfig, advance: Advance | None = None
) -> list[list[Outcome]]:
    """Test all pairs under every measure: by measure, then by pair; not corrected."""
    if config.test == "tukey":
        return [_tukey(values, pairs, config, advance) for values in table.values()]
    if config.test in ONE_BY_ONE:
        return [_one_by_one(values, pairs, config) for values in table.values()]
    # All measures at once: their rows are stacked, so that they share the resamples.
    stacked = np.concatenate(list(table.values()))
    systems = len(stacked) // len(table)
    every = [(m * systems + a, m * systems + b) for m in range(len(table)) for a, b in pairs]
    test = _bootstrap if config.test == "bootstrap" else _randomisation
    found = test(stacked, every, config, advance)
    return [found[start : start + len(pairs)] for start in range(0, len(every), len(pairs))]


def _one_by_one(values: Floats, pairs: Pairs, config: CompareConfig) -> list[Outcome]:
    test = ONE_BY_ONE[config.test]
    results = [test(values[one], values[other], config.sides) for one, other in pairs]
    return _with_t_intervals(results, values, pairs, config)


def _randomisation(
    values: Floats, pairs: Pairs, config: CompareConfig, advance: Advance | None
) -> list[Outcome]:
    results = randomisation_tests(
        values,
        pairs,
        sides=config.sides,
        permutations=config.permutations,
        seed=config.seed,
        advance=advance,
    )
    return _with_t_intervals(results, values, pairs, config)


def _with_t_intervals(
    results: list[TestResult], values: Floats, pairs: Pairs, config: CompareConfig
) -> list[Outcome]:
    differences = [paired_differences(values[one], values[other]) for one, other in pairs]
    intervals = [mean_interval(d, 1 - config.alpha) for d in differences]
    return [Outcome(*found) for found in zip(results, intervals, strict=True)]


def _bootstrap(
    values: Floats, pairs: Pairs, config: CompareConfig, advance: Advance | None
) -> list[Outcome]:
    results = bootstrap_tests(
        values,
        pairs,
        sides=config.sides,
        samples=config.permutations,
        seed=config.seed,
        confidence=1 - config.alpha,
        advance=advance,
    )
    return [Outcome(result, result.interval) for result in results]


def _tukey(
    values: Floats, pairs: Pairs, config: CompareConfig, advance: Advance | None
) -> list[Outcome]:
    hsd = tukey_hsd(values, permutations=config.permutations, seed=config.seed, advance=advance)
    reach = hsd.critical_difference(config.alpha)
    outcomes = []
    for one, other in pairs:
        mean = float(paired_differences(values[one], values[other]).mean())
        result = TestResult(float(hsd.p[one, other]), mean, sign_of(mean), "Monte Carlo")
        outcomes.append(Outcome(result, (mean - reach, mean + reach)))
    return outcomes
