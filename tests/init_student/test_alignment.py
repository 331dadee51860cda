from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from scipy.sparse import csr_array

from arir.init_student import alignment
from arir.init_student.alignment import align_pieces, ibm_model_1


def naive_model_1(pairs: list[tuple[list[int], list[int]]], targets: int, iterations: int) -> dict:
    """Model 1 token by token, as in the textbooks; source None is the empty word."""
    met = defaultdict(set)
    for source, target in pairs:
        for e in source:
            met[e].update(target)
    t = {(e, f): 1 / len(met[e]) for e in met for f in met[e]}
    t |= {(None, f): 1 / targets for f in range(targets)}
    for _ in range(iterations):
        counts: dict = defaultdict(float)
        totals: dict = defaultdict(float)
        for source, target in pairs:
            for f in target:
                explained = sum(t[e, f] for e in [*source, None])
                for e in [*source, None]:
                    counts[e, f] += t[e, f] / explained
                    totals[e] += t[e, f] / explained
        t = {(e, f): count / totals[e] for (e, f), count in counts.items()}
    return t


def counted(sentences: list[list[int]], width: int) -> csr_array:
    rows = np.zeros((len(sentences), width))
    for number, sentence in enumerate(sentences):
        np.add.at(rows[number], sentence, 1)
    return csr_array(rows)


def random_pairs(seed: int) -> list[tuple[list[int], list[int]]]:
    rng = np.random.default_rng(seed)
    return [
        (rng.integers(0, 7, rng.integers(1, 6)).tolist(), rng.integers(0, 9, 4).tolist())
        for _ in range(25)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_probabilities_are_those_of_the_textbook_with_repeated_tokens_and_the_empty_word(
    seed: int,
) -> None:
    pairs = random_pairs(seed)
    source, target = (counted([p[side] for p in pairs], (7, 9)[side]) for side in (0, 1))
    table = ibm_model_1(source, target, 4).toarray()
    expected = naive_model_1(pairs, 9, 4)
    for e in range(7):
        for f in range(9):
            assert table[e, f] == pytest.approx(expected.get((e, f), 0.0), rel=1e-6, abs=1e-12)


def test_size_of_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = random_pairs(5)
    source, target = counted([p[0] for p in pairs], 7), counted([p[1] for p in pairs], 9)
    whole = ibm_model_1(source, target, 3).toarray()
    monkeypatch.setattr(alignment, "BLOCK", 10)
    np.testing.assert_allclose(ibm_model_1(source, target, 3).toarray(), whole, rtol=1e-12)


def test_pairs_with_an_empty_side_are_passed_over() -> None:
    source, target = [[0, 1], [0], [], [1]], [[1, 0], [1], [0], []]
    whole = ibm_model_1(counted(source, 2), counted(target, 2), 5).toarray()
    kept = ibm_model_1(counted(source[:2], 2), counted(target[:2], 2), 5).toarray()
    np.testing.assert_array_equal(whole, kept)
    nothing = ibm_model_1(counted([[]], 2), counted([[0]], 2), 5)
    assert nothing.shape == (2, 2)
    assert nothing.nnz == 0


def test_agreement_finds_a_dictionary_behind_shuffled_sentences() -> None:
    rng = np.random.default_rng(1)
    meaning = rng.permutation(20)
    english = [rng.choice(20, 5, replace=False) for _ in range(300)]
    other = [rng.permutation(meaning[sentence]) for sentence in english]
    agreed = align_pieces(
        counted([list(s) for s in english], 20), counted([list(s) for s in other], 21), 5
    ).toarray()
    assert agreed.shape == (21, 20)
    np.testing.assert_array_equal(agreed[meaning].argmax(axis=1), np.arange(20))
    assert agreed[meaning].max(axis=1).min() > 0.95
    assert agreed[20].sum() == 0


def test_rare_pieces_do_not_collect_what_is_common() -> None:
    """One direction alone gives a piece seen once a share of every word of its sentence."""
    rng = np.random.default_rng(2)
    english = [[*rng.choice(10, 4, replace=False)] for _ in range(200)]
    other = [list(sentence) for sentence in english]
    english[0], other[0] = [0, 1, 2, 3, 10], [0, 1, 2, 3, 10]
    tables = counted(english, 11), counted(other, 11)
    alone = ibm_model_1(*tables, 5).toarray()[10, 10]
    agreed = align_pieces(*tables, 5).toarray()[10, 10]
    assert agreed > 0.9
    assert agreed > alone
