"""Correct all p-values of a comparison together, and decide on them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from arir.compare.config import CompareConfig
from arir.compare.corrections import corrected
from arir.compare.result import Pair

__all__ = ["better_letters", "decided", "letters"]


def letters(count: int) -> list[str]:
    """Labels of systems: ``a`` to ``z``, then ``aa``, ``ab`` ...

    >>> letters(28)[-3:]
    ['z', 'aa', 'ab']
    """
    labels = []
    for number in range(1, count + 1):
        label = ""
        while number:
            number, place = divmod(number - 1, 26)
            label = chr(ord("a") + place) + label
        labels.append(label)
    return labels


def decided(families: Sequence[Sequence[Pair]], config: CompareConfig) -> list[list[Pair]]:
    """The pairs of all collections with corrected p-values and decisions, as one family.

    Tukey's p-values are corrected for the pairs of one measure on one collection already; what
    remains is the number of measures and collections, by Bonferroni.
    """
    every = [pair for family in families for pair in family]
    p = np.array([pair.p for pair in every])
    if config.test == "tukey" and config.correction != "none":
        rounds = {(number, pair.measure) for number, f in enumerate(families) for pair in f}
        adjusted = np.minimum(1.0, len(rounds) * p)
    else:
        adjusted = corrected(p, config.correction)
    equivalence = _equivalence(every, config)
    done = iter(
        _decide(pair, float(value), same, config.alpha)
        for pair, value, same in zip(every, adjusted, equivalence, strict=True)
    )
    return [[next(done) for _ in family] for family in families]


def _decide(pair: Pair, corrected_p: float, equivalence_p: float | None, alpha: float) -> Pair:
    significant = corrected_p <= alpha
    return replace(
        pair, corrected_p=corrected_p, significant=significant, equivalence_p=equivalence_p
    )


def _equivalence(pairs: Sequence[Pair], config: CompareConfig) -> Sequence[float | None]:
    """The equivalence tests are a family of their own."""
    values = [pair.equivalence_p for pair in pairs if pair.equivalence_p is not None]
    if len(values) < len(pairs):
        return [None] * len(pairs)
    return [float(value) for value in corrected(values, config.correction)]


def better_letters(
    pairs: Iterable[Pair], system: str, labels: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    """By measure, the letters of the systems that ``system`` is significantly better than."""
    beaten: dict[str, set[str]] = {}
    for pair in pairs:
        other = {pair.first: pair.second, pair.second: pair.first}.get(system)
        if other is not None and pair.significant and pair.better == system:
            beaten.setdefault(pair.measure, set()).add(labels[other])
    return {
        measure: tuple(sorted(found, key=lambda letter: (len(letter), letter)))
        for measure, found in beaten.items()
    }
