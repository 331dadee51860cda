"""The paired bootstrap: a test by studentised resamples, and BCa confidence intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import special

from arir.compare.significance.common import (
    Advance,
    Floats,
    Interval,
    Pairs,
    Sides,
    TestResult,
    block_rows,
    checked_values,
    flip_all_p,
    is_constant,
    paired_differences,
    random_stream,
    sign_of,
)
from arir.compare.significance.parametric import standard_error

__all__ = ["BootstrapResult", "bca_interval", "bootstrap_tests"]

#: a resample whose variance is below this share of the sample's has none (all topics the same)
NO_VARIANCE = 1e-12
#: resampled and observed t that agree this closely are the same
CLOSE = 1e-9


@dataclass(frozen=True)
class BootstrapResult(TestResult):
    """The outcome of a bootstrap test, with the BCa interval of the mean difference."""

    interval: Interval


def bootstrap_tests(
    values: object,
    pairs: Pairs,
    *,
    sides: Sides = "two",
    samples: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
    advance: Advance | None = None,
) -> list[BootstrapResult]:
    """The paired bootstrap test for each pair of rows of ``values``, and its BCa interval.

    Topics are drawn with replacement, B = ``samples`` times. Test: the differences are shifted to a
    mean of 0, t* = mean(d*) / (s(d*) / sqrt(n)) is noted, and p = (b + 1) / (B + 1), where b
    resamples have t* as extreme as the observed t. The resamples depend on ``seed``, B and the
    number of topics alone.

    Source: Efron and Tibshirani (1993), chapters 14 (BCa) and 16; Sakai (SIGIR 2006) for the
    studentised test in retrieval. Without variance (one topic, equal differences) ``p`` is that of
    the exact sign-flip test and there is no interval. The statistic is t.

    Args:
        values: shape (S, n), a row a system, a column a topic.

    Raises:
        EvaluationError: where there is no topic or a value is not finite.

    >>> rng = np.random.default_rng(3)
    >>> low = rng.random(50)
    >>> [result] = bootstrap_tests([low + rng.random(50) / 5, low], [(0, 1)], samples=999)
    >>> result.p, result.interval[0] > 0
    (0.001, True)
    """
    matrix = checked_values(values)
    differences = [paired_differences(matrix[one], matrix[other]) for one, other in pairs]
    varied = [place for place, d in enumerate(differences) if not is_constant(d)]
    found: dict[int, BootstrapResult] = {}
    if varied:
        chosen = [pairs[place] for place in varied]
        shown = np.stack([differences[place] for place in varied])
        drawn = _resampled(matrix, chosen, shown, sides, samples, seed, advance)
        for column, place in enumerate(varied):
            one, other = pairs[place]
            means = drawn.means[:, one] - drawn.means[:, other]
            interval = bca_interval(differences[place], means, confidence)
            p, t = (float(drawn.extreme[column]) + 1) / (samples + 1), drawn.t[column]
            found[place] = BootstrapResult(p, t, sign_of(t), "Monte Carlo", interval)
    return [found.get(place) or _constant(d, sides) for place, d in enumerate(differences)]


def _constant(differences: Floats, sides: Sides) -> BootstrapResult:
    mean = float(differences.mean())
    p = flip_all_p(mean, differences.size, sides)
    return BootstrapResult(p, mean, sign_of(mean), "exact", None)


@dataclass(frozen=True)
class _Resampled:
    """Means of the systems, shape (B, S); extreme resamples and observed t of each pair."""

    means: Floats
    extreme: Floats
    t: list[float]


def _resampled(
    matrix: Floats,
    pairs: Pairs,
    differences: Floats,
    sides: Sides,
    samples: int,
    seed: int,
    advance: Advance | None,
) -> _Resampled:
    """Resample; only the systems' means are kept, so that many pairs take no more memory."""
    topics, columns = matrix.shape[1], np.ascontiguousarray(matrix.T)
    first, second = (np.array(side) for side in zip(*pairs, strict=True))
    t = [float(d.mean()) / standard_error(d) for d in differences]
    observed = differences.mean(axis=1)
    squares = ((differences - observed[:, None]) ** 2).T
    means, extreme = [], np.zeros(len(pairs))
    for counts in _draws(topics, 24 * topics + 64 * len(pairs), samples, seed):
        systems = counts @ columns / topics
        mean = systems[:, first] - systems[:, second] - observed
        variance = counts @ squares / topics - mean**2
        extreme += _is_extreme(_studentised(mean, variance, squares, topics), np.array(t), sides)
        means.append(systems)
        if advance is not None:
            advance(counts.shape[0])
    return _Resampled(np.concatenate(means), extreme, t)


def _draws(topics: int, row_bytes: int, samples: int, seed: int) -> Iterator[Floats]:
    """Blocks of rows that say how often each topic was drawn; the same for every block size."""
    stream = random_stream(seed)
    for rows in block_rows(row_bytes, samples):
        # 64-bit draws: a block boundary can then never fall between two halves of a word.
        drawn = stream.integers(0, topics, size=(rows, topics), dtype=np.int64)
        drawn += topics * np.arange(rows)[:, None]
        counts = np.bincount(drawn.ravel(), minlength=rows * topics)
        yield counts.reshape(rows, topics).astype(np.float64)


def _studentised(mean: Floats, variance: Floats, squares: Floats, topics: int) -> Floats:
    """t* of each resample; without variance it is infinite, or 0 where the mean is 0 too."""
    scale = squares.mean(axis=0)
    none = variance <= NO_VARIANCE * scale
    error = np.sqrt(np.where(none, 1.0, variance) / max(1, topics - 1))
    endless = np.where(np.abs(mean) <= CLOSE * np.sqrt(scale), 0.0, np.copysign(np.inf, mean))
    t: Floats = np.where(none, endless, mean / error)
    return t


def _is_extreme(t: Floats, observed: Floats, sides: Sides) -> Floats:
    slack = CLOSE * np.abs(observed)
    if sides == "two":
        extreme = np.abs(t) >= np.abs(observed) - slack
    else:
        extreme = t >= observed - slack if sides == "greater" else t <= observed + slack
    counts: Floats = extreme.sum(axis=0, dtype=np.float64)
    return counts


def bca_interval(differences: Floats, means: Floats, confidence: float = 0.95) -> Interval:
    """The bias-corrected and accelerated interval of a mean from its resampled means, shape (B,).

    Source: Efron (1987), equations 14.9 to 14.15 in Efron and Tibshirani (1993). ``None`` where the
    differences have no variance, or every resampled mean lies on one side of the observed one.

    >>> sample = np.array([0.0, 0.1, 0.2, 0.4, 0.9])
    >>> draws = np.random.default_rng(1).choice(sample, (9999, 5)).mean(axis=1)
    >>> low, high = bca_interval(sample, draws)
    >>> f"{low:.2f} {high:.2f}"
    '0.12 0.72'
    """
    if is_constant(differences):
        return None
    centred = differences - differences.mean()
    slack = CLOSE * float(np.abs(centred).max())
    below = np.mean(means < differences.mean() - slack)
    bias = float(special.ndtri((below + np.mean(means <= differences.mean() + slack)) / 2))
    if not np.isfinite(bias):
        return None
    acceleration = float((centred**3).sum() / (6 * (centred**2).sum() ** 1.5))
    z = bias + special.ndtri(np.array([1 - confidence, 1 + confidence]) / 2)
    shares = special.ndtr(bias + z / (1 - acceleration * z))
    low, high = np.quantile(means, shares)
    return float(low), float(high)
