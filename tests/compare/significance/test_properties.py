"""What must hold for any values: p in (0, 1], symmetry, and no weight on what does not matter."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from arir.compare.effect_sizes import cliffs_delta, hedges_g, paired_d, win_tie_loss
from arir.compare.significance import (
    Sides,
    TestResult,
    bootstrap_tests,
    equivalence_test,
    randomisation_tests,
    sign_test,
    t_test,
    tukey_hsd,
    wilcoxon_test,
)
from arir.compare.significance import common as common_module
from tests.compare.data import systems

Values = NDArray[np.float64]
Test = Callable[[Values, Values, Sides], TestResult]


def _randomisation(x: Values, y: Values, sides: Sides) -> TestResult:
    return randomisation_tests([x, y], [(0, 1)], sides=sides, permutations=63)[0]


def _bootstrap(x: Values, y: Values, sides: Sides) -> TestResult:
    return bootstrap_tests([x, y], [(0, 1)], sides=sides, samples=63)[0]


TESTS: dict[str, Test] = {
    "t": t_test,
    "wilcoxon": wilcoxon_test,
    "sign": sign_test,
    "randomisation": _randomisation,
    "bootstrap": _bootstrap,
}
RANK_FREE = ["t", "randomisation", "bootstrap"]
SIDES: list[Sides] = ["two", "greater", "less"]
MIRROR: dict[Sides, Sides] = {"two": "two", "greater": "less", "less": "greater"}
every_test = pytest.mark.parametrize("name", list(TESTS))

unit = st.one_of(st.sampled_from([0.0, 0.1, 0.2, 0.5, 1.0]), st.floats(0, 1, width=32))
two_systems = (
    st.integers(1, 20)
    .flatmap(lambda n: st.tuples(*[st.lists(unit, min_size=n, max_size=n)] * 2))
    .map(np.array)
)


@every_test
@given(values=two_systems, sides=st.sampled_from(SIDES))
@settings(max_examples=60, deadline=None)
def test_p_lies_in_the_unit_interval_and_never_at_zero(
    name: str, values: Values, sides: Sides
) -> None:
    result = TESTS[name](values[0], values[1], sides)
    assert 0 < result.p <= 1
    assert np.isfinite(result.statistic)


@every_test
@given(values=two_systems, sides=st.sampled_from(SIDES))
@settings(max_examples=60, deadline=None)
def test_swapping_the_systems_mirrors_the_alternative(
    name: str, values: Values, sides: Sides
) -> None:
    forth = TESTS[name](values[0], values[1], sides)
    back = TESTS[name](values[1], values[0], MIRROR[sides])
    assert forth.p == pytest.approx(back.p, rel=1e-9)
    assert forth.direction == -back.direction


@pytest.mark.parametrize("name", ["t", "wilcoxon", "sign"])
@given(values=two_systems, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_the_order_of_topics_does_not_matter(name: str, values: Values, seed: int) -> None:
    order = np.random.default_rng(seed).permutation(values.shape[1])
    shuffled = values[:, order]
    p = TESTS[name](values[0], values[1], "two").p
    assert TESTS[name](shuffled[0], shuffled[1], "two").p == pytest.approx(p, rel=1e-7)


@given(values=two_systems, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_exact_randomisation_ignores_the_order_of_topics(values: Values, seed: int) -> None:
    values = values[:, :12]
    order = np.random.default_rng(seed).permutation(values.shape[1])
    [one] = randomisation_tests(values, [(0, 1)])
    [other] = randomisation_tests(values[:, order], [(0, 1)])
    assert one.p == other.p


@every_test
@given(row=st.lists(unit, min_size=1, max_size=20), sides=st.sampled_from(SIDES))
@settings(max_examples=30, deadline=None)
def test_identical_systems_have_p_one(name: str, row: list[float], sides: Sides) -> None:
    result = TESTS[name](np.array(row), np.array(row), sides)
    assert (result.p, result.direction) == (1.0, 0)


@pytest.mark.parametrize("name", RANK_FREE)
def test_adding_the_same_to_both_systems_changes_nothing(name: str) -> None:
    """0.3 - 0.2 and 0.5 - 0.4 differ in the last bit; ties must survive that."""
    x, y = systems(2, 40, 1)
    assert TESTS[name](x + 0.4, y + 0.4, "two").p == pytest.approx(TESTS[name](x, y, "two").p)


@every_test
def test_the_same_seed_gives_the_same_digits(name: str) -> None:
    x, y = systems(2, 50, 2)
    assert TESTS[name](x, y, "two") == TESTS[name](x, y, "two")


@every_test
@pytest.mark.parametrize("topics", [1, 2, 7])
def test_a_constant_difference_gives_the_exact_sign_flip_p(name: str, topics: int) -> None:
    """A t-test would divide by zero and report p = 0."""
    y = np.linspace(0.1, 0.6, topics)
    expected = {"two": 2.0 ** (1 - topics), "greater": 2.0**-topics, "less": 1.0}
    for sides, p in expected.items():
        result = TESTS[name](y + 0.3, y, sides)
        if name != "randomisation" or topics < 6:
            assert result.p == p
            assert result.direction == 1


def test_resamples_equal_to_the_observed_value_count_as_extreme() -> None:
    """Equal differences: only the outermost patterns are extreme, and rounding may lose them."""
    y = np.random.default_rng(0).random(16)
    [result] = randomisation_tests([y + 0.1, y], [(0, 1)])
    assert result.p == 2 / 2**16
    [sampled] = randomisation_tests([[0.1] * 17, [0.0] * 17], [(0, 1)], permutations=2**17 - 1)
    assert sampled.p >= 1 / 2**17


def test_a_lattice_of_values_loses_no_tie_in_the_sampled_patterns() -> None:
    """Values with one decimal, counted in integers: the reference has no rounding at all."""
    x, y = systems(2, 60, 5)
    [result] = randomisation_tests([x, y], [(0, 1)], permutations=5000, seed=3)
    whole = np.rint(10 * (x - y)).astype(np.int64)
    raw = np.random.Generator(np.random.PCG64(3)).integers(0, 2**64, (5000, 1), np.uint64)
    kept = np.unpackbits(raw.astype("<u8").view(np.uint8), axis=1, count=60).astype(np.int64)
    sums = (2 * kept - 1) @ whole
    assert result.p == (np.count_nonzero(np.abs(sums) >= abs(whole.sum())) + 1) / 5001


def test_a_pair_does_not_depend_on_the_other_systems() -> None:
    values = systems(6, 80, 3)
    options = {"permutations": 2000, "seed": 5}
    alone = randomisation_tests(values[[1, 4]], [(0, 1)], **options)
    assert randomisation_tests(values, [(0, 2), (1, 4), (3, 5)], **options)[1] == alone[0]
    resampled = {"samples": 500, "seed": 5}
    among = bootstrap_tests(values, [(0, 2), (1, 4)], **resampled)[1]
    assert among.p == bootstrap_tests(values[[1, 4]], [(0, 1)], **resampled)[0].p


def test_the_size_of_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = systems(3, 70, 4)
    pairs = [(0, 1), (1, 2)]

    def everything() -> tuple[object, ...]:
        hsd = tukey_hsd(values, permutations=500)
        return (
            [r.p for r in randomisation_tests(values, pairs, permutations=500)],
            [r.p for r in bootstrap_tests(values, pairs, samples=500)],
            hsd.p.tolist(),
        )

    whole = everything()
    monkeypatch.setattr(common_module, "BLOCK_BYTES", 40_000)
    assert everything() == whole


def test_progress_counts_every_resample() -> None:
    values, seen = systems(3, 40, 6), {"flips": 0, "draws": 0, "shuffles": 0}

    def counter(name: str) -> Callable[[int], None]:
        return lambda rows: seen.__setitem__(name, seen[name] + rows)

    randomisation_tests(values, [(0, 1)], permutations=777, advance=counter("flips"))
    bootstrap_tests(values, [(0, 1)], samples=777, advance=counter("draws"))
    tukey_hsd(values, permutations=777, advance=counter("shuffles"))
    assert set(seen.values()) == {777}


def test_tukey_is_symmetric_and_ordered_by_difference() -> None:
    values = systems(5, 50, 8)
    hsd = tukey_hsd(values, permutations=999)
    means = values.mean(axis=1)
    gaps = np.abs(means[:, None] - means)
    assert (hsd.p == hsd.p.T).all()
    assert (np.diag(hsd.p) == 1).all()
    order = np.argsort(gaps.ravel())
    assert (np.diff(hsd.p.ravel()[order]) <= 0).all()


def test_tukeys_simultaneous_intervals_agree_with_its_p_values() -> None:
    values = systems(5, 50, 9)
    hsd = tukey_hsd(values, permutations=999)
    gaps = np.abs(values.mean(axis=1)[:, None] - values.mean(axis=1))
    assert ((gaps > hsd.critical_difference(0.05)) <= (hsd.p <= 0.05)).all()


def test_equivalence_of_identical_systems_is_the_exact_share() -> None:
    result = equivalence_test([0.5] * 8, [0.5] * 8, 0.05)
    assert (result.p, result.interval) == (2.0**-8, None)


def test_systems_beyond_the_margin_are_not_equivalent() -> None:
    x = systems(1, 100)[0]
    assert equivalence_test(x + 0.2, x + np.resize([0.0, 0.01], 100), 0.1).p > 0.99


@given(values=two_systems)
@settings(max_examples=60, deadline=None)
def test_effect_sizes_mirror_when_the_systems_swap(values: Values) -> None:
    for effect in (paired_d, hedges_g, cliffs_delta):
        forth, back = effect(values[0], values[1]), effect(values[1], values[0])
        if forth.value is None:
            assert back.value is None
        else:
            assert forth.value == pytest.approx(-back.value, abs=1e-9)
        if forth.interval is not None:
            low, high = forth.interval
            assert low <= high
            assert back.interval == pytest.approx((-high, -low), abs=1e-6)
    assert win_tie_loss(values[0], values[1]) == win_tie_loss(values[1], values[0])[::-1]
