from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.sparse import csr_array

from arir.init_student.embeddings import new_embeddings

WIDTH = 6


@pytest.fixture
def teacher() -> NDArray[np.float32]:
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(WIDTH, WIDTH))
    return (rng.normal(size=(500, WIDTH)) @ mixing + 2).astype(np.float32)


def nothing(pieces: int, teacher: NDArray[np.float32]) -> csr_array:
    return csr_array((pieces, len(teacher)))


def everywhere(teacher: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.ones(len(teacher), dtype=bool)


def test_kept_pieces_have_the_very_vectors_of_the_teacher(teacher: NDArray[np.float32]) -> None:
    places = np.array([3, 499, 7])
    kept = csr_array((np.ones(3), (np.arange(3), places)), shape=(4, 500))
    made = new_embeddings(kept, {}, teacher, everywhere(teacher), seed=1)
    np.testing.assert_array_equal(made.vectors[:3], teacher[places])
    assert made.counts == {"kept": 3, "at random": 1}


def test_means_of_many_are_as_long_as_vectors_are_on_average(teacher: NDArray[np.float32]) -> None:
    weights = csr_array(np.vstack([np.full((1, 500), 1 / 500), np.zeros((1, 500))]))
    made = new_embeddings(nothing(2, teacher), {"a": weights}, teacher, everywhere(teacher), seed=0)
    lengths = np.linalg.norm(made.vectors, axis=1)
    np.testing.assert_allclose(lengths, np.linalg.norm(teacher, axis=1).mean(), rtol=1e-5)
    direction = teacher.mean(axis=0)
    np.testing.assert_allclose(
        made.vectors[0] / lengths[0], direction / np.linalg.norm(direction), rtol=1e-4
    )


def test_earlier_evidence_goes_first_and_none_moves_a_kept_piece(
    teacher: NDArray[np.float32],
) -> None:
    def one(*cells: tuple[int, int]) -> csr_array:
        rows, columns = np.array(cells).T
        return csr_array((np.ones(len(cells)), (rows, columns)), shape=(3, 500))

    evidence = {"first": one((0, 9), (1, 1)), "second": one((0, 9), (1, 2), (2, 2))}
    made = new_embeddings(one((0, 5)), evidence, teacher, everywhere(teacher), seed=0)
    assert made.counts == {"kept": 1, "first": 1, "second": 1, "at random": 0}
    np.testing.assert_array_equal(made.vectors[0], teacher[5])
    for row, place in ((1, 1), (2, 2)):
        cosine = made.vectors[row] @ teacher[place] / np.linalg.norm(teacher[place])
        assert cosine == pytest.approx(np.linalg.norm(made.vectors[row]), rel=1e-5)


def test_draws_lie_where_trained_vectors_lie_and_differ_from_each_other(
    teacher: NDArray[np.float32],
) -> None:
    ordinary = np.arange(500) < 400
    teacher[400:] = 1e6  # places kept free, which must not count
    drawn = new_embeddings(nothing(4000, teacher), {}, teacher, ordinary, seed=3).vectors
    assert np.linalg.norm(drawn, axis=1).mean() < 100
    units = teacher[:400] / np.linalg.norm(teacher[:400], axis=1, keepdims=True)
    unit_draws = drawn / np.linalg.norm(drawn, axis=1, keepdims=True)
    np.testing.assert_allclose(unit_draws.mean(axis=0), units.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(
        np.cov(unit_draws, rowvar=False), np.cov(units, rowvar=False), atol=0.1
    )
    assert len(np.unique(drawn, axis=0)) == 4000


def test_seed_decides_over_the_draws(teacher: NDArray[np.float32]) -> None:
    first, again, other = (
        new_embeddings(nothing(5, teacher), {}, teacher, everywhere(teacher), seed).vectors
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
