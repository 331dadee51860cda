"""``arir compare``: measure runs, test their differences, and say what to make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from arir.artefacts.atomic import check_writable
from arir.compare.checks import collection_warnings, family_warnings, pair_warnings
from arir.compare.config import CompareConfig
from arir.compare.describe import described, detectable
from arir.compare.families import better_letters, decided, letters
from arir.compare.hypotheses import outcomes_of, resamples, system_pairs
from arir.compare.macro import Groups, macro_averages, read_groups
from arir.compare.query_texts import query_texts
from arir.compare.result import Collection, Comparison, Design, Pair, System
from arir.compare.significance import Estimate, mean_interval
from arir.compare.significance.common import Advance, Floats
from arir.compare.systems import Judged, MeasuredRun, read_systems
from arir.errors import ConfigError, nearest
from arir.evaluate.measure import Measured
from arir.evaluate.measures import parse_measures
from arir.evaluate.per_query import write_per_query
from arir.progress import progress_bar

__all__ = ["compare"]


@dataclass(frozen=True)
class _Setting:
    """What all collections of a comparison have in common."""

    config: CompareConfig
    baseline: str | None
    family: int


def compare(config: CompareConfig) -> Comparison:
    """Compare runs under significance tests.

    Raises:
        ConfigError: where the baseline is none of the runs, groups name unknown collections, or
            topics files are too few for the collections.
        DataError: for an unusable run, qrels, topics or side file.
        EvaluationError: where a run shares no topic with its qrels, or no qrels are known for it.
        DependencyError: for plots without matplotlib.
        OutputError: where the per-query file, the page or the plots cannot be written.
    """
    measures = parse_measures(config.measure)
    if config.per_query is not None:
        check_writable(config.per_query)
    if config.reports:
        from arir.report.service import check_report

        check_report(config)
    found = read_systems(config.runs, config.qrels, measures)
    names = list(dict.fromkeys(run.name for judged in found for run in judged.runs))
    baseline = _baseline(config, found, names)
    groups = _groups(config, found)
    labels = dict(zip(names, letters(len(names)), strict=True))
    texts = query_texts(config.topics, [[run.path for run in judged.runs] for judged in found])
    tested = _tested(found, config, baseline)
    families = decided(tested, config)
    family = sum(map(len, families))
    collections = [
        _collection(judged, pairs, labels, of_topics, _Setting(config, baseline, family))
        for judged, pairs, of_topics in zip(found, families, texts, strict=True)
    ]
    if config.per_query is not None:
        write_per_query(config.per_query, _per_query(found))
    several = len(collections) > 1
    comparison = Comparison(
        design=_design(config, tuple(map(str, measures)), baseline, families),
        letters=labels,
        collections=tuple(collections),
        macro=macro_averages(collections, labels, config, baseline, groups) if several else None,
        warnings=tuple(family_warnings(family, config)),
    )
    if config.reports:
        from arir.report.service import write_report

        write_report(comparison, config)
    return comparison


def _baseline(config: CompareConfig, found: Sequence[Judged], names: list[str]) -> str | None:
    """The name of the system that --baseline gives by name or by file."""
    if config.baseline is None:
        return None
    if config.baseline in names:
        return config.baseline
    paths = {run.path.as_posix(): run.name for judged in found for run in judged.runs}
    wanted = config.baseline.removeprefix("./")
    for path, name in paths.items():
        if path.removeprefix("./") == wanted:
            return name
    hint = nearest(config.baseline, [*names, *paths])
    raise ConfigError(f"the baseline '{config.baseline}' is none of the runs", fix=hint)


def _groups(config: CompareConfig, found: Sequence[Judged]) -> Groups:
    if config.groups is None:
        return {}
    if len(found) < 2:
        raise ConfigError(
            "groups need runs on several collections, these are all on one", where=config.groups
        )
    return read_groups(config.groups, [judged.name for judged in found])


def _tested(
    found: Sequence[Judged], config: CompareConfig, baseline: str | None
) -> list[list[Pair]]:
    """The pairs of each collection, tested but not corrected."""
    measures = len(parse_measures(config.measure))
    total = resamples(config, measures) * len(found)
    if not total:
        return [_test_collection(judged, config, baseline, None) for judged in found]
    with progress_bar(f"{config.test} test", total=total, unit="resample") as bar:
        return [_test_collection(judged, config, baseline, bar.update) for judged in found]


def _test_collection(
    judged: Judged, config: CompareConfig, baseline: str | None, advance: Advance | None
) -> list[Pair]:
    names = [run.name for run in judged.runs]
    if len(names) < 2 or (baseline is not None and baseline not in names):
        return []
    pairs = system_pairs(len(names), names.index(baseline) if baseline is not None else None)
    table = {
        measure: np.stack([run.values[measure] for run in judged.runs])
        for measure in judged.runs[0].values
    }
    outcomes = outcomes_of(table, pairs, config, advance)
    return described(table, pairs, names, outcomes, config)


def _collection(
    judged: Judged,
    pairs: list[Pair],
    labels: dict[str, str],
    texts: dict[str, str],
    setting: _Setting,
) -> Collection:
    topics, config = judged.runs[0].topic_ids, setting.config
    warnings = [*collection_warnings(judged, config), *pair_warnings(pairs, config)]
    names = [run.name for run in judged.runs]
    if setting.baseline is not None and setting.baseline not in names:
        warnings.append(f"the baseline {setting.baseline} has no run here, so nothing is tested")
    return Collection(
        name=judged.name,
        qrels_path=judged.path,
        qrels=judged.qrels,
        topic_ids=topics,
        queries={topic: texts[topic] for topic in topics if topic in texts},
        systems=tuple(_system(run, pairs, labels, config) for run in judged.runs),
        pairs=tuple(pairs),
        detectable=detectable(pairs, len(topics), setting.family, config),
        warnings=tuple(warnings),
    )


def _system(
    run: MeasuredRun, pairs: list[Pair], labels: dict[str, str], config: CompareConfig
) -> System:
    better = better_letters(pairs, run.name, labels)
    return System(
        name=run.name,
        letter=labels[run.name],
        path=run.path,
        tag=run.tag,
        values=run.values,
        means={measure: _mean(values, config) for measure, values in run.values.items()},
        better_than={measure: better.get(measure, ()) for measure in run.values},
        missing=run.missing,
        unjudged_topics=run.unjudged_topics,
        unjudged_share=run.unjudged_share,
        depth=run.depth,
    )


def _mean(values: Floats, config: CompareConfig) -> Estimate:
    return Estimate(float(values.mean()), mean_interval(values, 1 - config.alpha))


def _per_query(found: Sequence[Judged]) -> dict[str, Measured]:
    several = len(found) > 1
    return {
        f"{judged.name}/{run.name}" if several else run.name: run.measured()
        for judged in found
        for run in judged.runs
    }


def _design(
    config: CompareConfig,
    measures: tuple[str, ...],
    baseline: str | None,
    families: Sequence[Sequence[Pair]],
) -> Design:
    return Design(
        test=config.test,
        sides=config.sides,
        alpha=config.alpha,
        correction=config.correction,
        permutations=config.permutations,
        seed=config.seed,
        power=config.power,
        margin=config.equivalence,
        baseline=baseline,
        measures=measures,
        family=sum(map(len, families)),
        family_text=_family_text(families, len(measures), baseline),
    )


def _family_text(families: Sequence[Sequence[Pair]], measures: int, baseline: str | None) -> str:
    """How the family comes about.

    >>> _family_text([["p"] * 6], 2, None)
    '3 pairs × 2 measures'
    """
    pairs = sum(map(len, families)) // measures
    what = "pair" if baseline is None else "run"
    text = f"{pairs} {what}{'' if pairs == 1 else 's'}"
    text += f" against {baseline}" if baseline is not None else ""
    text += f" on {len(families)} collections" if len(families) > 1 else ""
    return text + f" × {measures} measure{'' if measures == 1 else 's'}"
