"""Several collections: macro averages, their differences, and gaps between groups."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from arir.compare.config import CompareConfig
from arir.compare.effect_sizes import win_tie_loss
from arir.compare.families import better_letters, decided
from arir.compare.hypotheses import system_pairs
from arir.compare.result import Collection, Gap, Macro, Pair
from arir.compare.significance import Estimate, randomisation_tests
from arir.compare.significance.common import Floats, TestResult
from arir.compare.significance.stratified import Ints, stratified_estimate, topic_units
from arir.config import from_yaml
from arir.errors import ConfigError, nearest

__all__ = ["Groups", "macro_averages", "read_groups"]

#: group name to the names of its collections
Groups = dict[str, list[str]]


@dataclass(frozen=True)
class _Strata:
    """Values by system and collection; topics with the same id are the same unit."""

    collections: tuple[Collection, ...]
    units: list[Ints]

    def values(self, system: str, measure: str) -> list[Floats]:
        found = [collection.system(system) for collection in self.collections]
        return [one.values[measure] for one in found if one is not None]

    def estimate(self, values: list[Floats], weights: Sequence[float], level: float) -> Estimate:
        return stratified_estimate(values, weights, self.units, level)

    def combined(self, values: list[Floats]) -> Floats:
        """One amount a topic, whose mean over all topics is the macro average; shape (units,)."""
        total = 1 + max(int(units.max()) for units in self.units)
        amounts = np.zeros(total)
        for one, units in zip(values, self.units, strict=True):
            np.add.at(amounts, units, one * (total / (len(values) * one.size)))
        return amounts


def macro_averages(
    collections: Sequence[Collection],
    labels: Mapping[str, str],
    config: CompareConfig,
    baseline: str | None,
    groups: Groups,
) -> Macro:
    """Average over collections the systems that have runs on all of them, and test differences.

    The test is the randomisation test whatever was chosen for the single collections: a topic's
    sign is flipped in all collections that hold the topic. Intervals are those of
    :func:`~arir.compare.significance.stratified.stratified_estimate`.
    """
    strata = _Strata(tuple(collections), topic_units([c.topic_ids for c in collections]))
    names = [name for name in labels if all(c.system(name) for c in collections)]
    measures = list(collections[0].systems[0].values)
    level, even = 1 - config.alpha, [1 / len(collections)] * len(collections)
    means = {
        measure: {
            name: strata.estimate(strata.values(name, measure), even, level) for name in names
        }
        for measure in measures
    }
    pairs = _pairs(strata, names, measures, config, baseline)
    return Macro(
        means=means,
        better_than={
            measure: {name: better_letters(pairs, name, labels).get(measure, ()) for name in names}
            for measure in measures
        },
        pairs=tuple(pairs),
        family=len(pairs),
        gaps=tuple(_gaps(strata, names, pairs, measures, groups, level)),
        left_out=tuple(name for name in labels if name not in names),
    )


def _pairs(
    strata: _Strata,
    names: list[str],
    measures: list[str],
    config: CompareConfig,
    baseline: str | None,
) -> list[Pair]:
    place = names.index(baseline) if baseline in names else None
    if len(names) < 2 or (baseline is not None and place is None):
        return []
    pairs, found = system_pairs(len(names), place), []
    for measure in measures:
        values = [strata.values(name, measure) for name in names]
        results = randomisation_tests(
            np.stack([strata.combined(one) for one in values]),
            pairs,
            sides=config.sides,
            permutations=config.permutations,
            seed=config.seed,
        )
        for (a, b), result in zip(pairs, results, strict=True):
            ends = (names[a], names[b])
            found.append(_pair(strata, measure, ends, values[a], values[b], result, config))
    plain = config if config.test != "tukey" else _without_tukey(config)
    return decided([found], plain)[0]


def _without_tukey(config: CompareConfig) -> CompareConfig:
    """Tukey's test corrects by itself; the randomisation test that stands in here does not."""
    from dataclasses import replace

    return replace(config, test="randomisation")


def _pair(
    strata: _Strata,
    measure: str,
    names: tuple[str, str],
    first: list[Floats],
    second: list[Floats],
    result: TestResult,
    config: CompareConfig,
) -> Pair:
    differences = [one - other for one, other in zip(first, second, strict=True)]
    even = [1 / len(first)] * len(first)
    return Pair(
        measure=measure,
        first=names[0],
        second=names[1],
        difference=strata.estimate(differences, even, 1 - config.alpha),
        p=result.p,
        corrected_p=result.p,
        significant=False,
        better={1: names[0], 0: None, -1: names[1]}[result.direction],
        statistic=result.statistic,
        method=result.method,
        d=Estimate(None),
        g=Estimate(None),
        delta=Estimate(None),
        outcomes=win_tie_loss(np.concatenate(first), np.concatenate(second)),
        minimal_difference=None,
        topics_needed=None,
    )


def _gaps(
    strata: _Strata,
    names: list[str],
    pairs: list[Pair],
    measures: list[str],
    groups: Groups,
    level: float,
) -> list[Gap]:
    """For every two groups the gap of each system, then its change from system to system."""
    found = []
    for (upper, above), (lower, below) in itertools.combinations(groups.items(), 2):
        weights = [
            (c.name in above) / len(above) - (c.name in below) / len(below)
            for c in strata.collections
        ]
        for measure in measures:
            for name in names:
                gap = strata.estimate(strata.values(name, measure), weights, level)
                found.append(Gap(measure, name, upper, lower, gap))
            for pair in (pair for pair in pairs if pair.measure == measure):
                ends = (strata.values(end, measure) for end in (pair.first, pair.second))
                change = [one - other for one, other in zip(*ends, strict=True)]
                gap = strata.estimate(change, weights, level)
                found.append(Gap(measure, f"{pair.first} − {pair.second}", upper, lower, gap))
    return found


def read_groups(path: Path, collections: Sequence[str]) -> Groups:
    """Read ``group: [collection, ...]`` and check it against the collections compared.

    Raises:
        ConfigError: for fewer than two groups, an unknown collection, or one in two groups.
    """
    groups = from_yaml(path)
    if len(groups) < 2:
        raise ConfigError("a gap needs at least two groups", where=path)
    seen: dict[str, str] = {}
    for group, members in groups.items():
        if not isinstance(members, list) or not members:
            raise ConfigError(f"group '{group}' must be a list of collections", where=path)
        for member in map(str, members):
            if member not in collections:
                hint = nearest(member, collections)
                raise ConfigError(f"no run is on a collection '{member}'", where=path, fix=hint)
            if member in seen:
                both = f"'{seen[member]}' and '{group}'"
                raise ConfigError(f"collection '{member}' is in two groups, {both}", where=path)
            seen[member] = str(group)
    return {str(group): [str(member) for member in members] for group, members in groups.items()}
