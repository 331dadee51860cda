"""Both twins are asked for scores on one footing; a teacher that teaches nothing is noticed."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arir.errors import DataError
from arir.losses.teacher_scores import TeacherScoreWarning
from arir.train import TrainConfig
from arir.train.labels import Scores, check_margins, make_labels

SCORES = np.array([[9.0, 5.0], [1.0, 3.0], [6.0, -4.0]], dtype=np.float32)


def config(**changes: Any) -> TrainConfig:
    files = {"teacher_scores": "s.tsv", "corpus": "c.jsonl", "topics": "t.tsv"}
    return TrainConfig(**{"student": "new", "output": "o", **files, **changes})


def margins(labels: Scores) -> list[float]:
    found: list[float] = (labels[:, 0] - labels[:, 1]).tolist()
    return found


def test_teacher_labels_are_the_scores_with_their_sign() -> None:
    np.testing.assert_array_equal(make_labels(SCORES, config(similarity="cosine")), SCORES)
    halved = make_labels(SCORES, config(teacher_scale=0.5))
    assert margins(halved) == [2, -1, 5]


def test_hard_labels_ask_a_cosine_student_for_a_cosine_margin_of_one() -> None:
    hard = {"labels": "hard"}
    assert margins(make_labels(SCORES, config(**hard))) == [1, 1, 1]
    cosine = config(**hard, similarity="cosine", teacher_scale=9)
    assert margins(make_labels(SCORES, cosine)) == [20, 20, 20]
    half = config(**hard, similarity="cosine", scale=10, hard_margin=0.5)
    assert margins(make_labels(SCORES, half)) == [5, 5, 5]


def test_cosines_mean_nothing_to_families_that_have_none() -> None:
    late = config(labels="hard", similarity="cosine", family="late-interaction")
    assert margins(make_labels(SCORES, late)) == [1, 1, 1]


@given(
    st.lists(st.tuples(*[st.floats(-1e4, 1e4, width=32)] * 2), min_size=1, max_size=20),
    st.floats(0.01, 100),
)
def test_soft_targets_lie_between_zero_and_one_and_keep_the_teachers_order(
    rows: list[tuple[float, float]], scale: float
) -> None:
    scores = np.array(rows, dtype=np.float32)
    if scores.min() == scores.max():
        return
    targets = make_labels(scores, config(loss="bce", family="cross-encoder", teacher_scale=scale))
    assert (targets.min(), targets.max()) == (0, 1)
    order = np.argsort(scores, axis=None, kind="stable")
    assert (np.diff(targets.reshape(-1)[order]) >= 0).all()


def test_a_declared_range_makes_targets_that_do_not_depend_on_the_sample() -> None:
    declared = config(loss="bce", family="cross-encoder", teacher_range=(-1.0, 7.0))
    whole = make_labels(SCORES, declared)
    np.testing.assert_allclose(whole, [[1, 0.75], [0.25, 0.5], [0.875, 0]])
    np.testing.assert_array_equal(make_labels(SCORES[1:], declared), whole[1:])


def test_scores_outside_the_declared_range_are_told() -> None:
    narrow = config(loss="bce", family="cross-encoder", teacher_range=(-1.0, 7.0))
    with pytest.warns(TeacherScoreWarning, match=r"2 of 6 scores .* -1 7 .* from -4 to 9"):
        check_margins(SCORES, narrow)


def test_the_twins_targets_under_bce_are_zero_and_one() -> None:
    hard = config(loss="bce", family="cross-encoder", labels="hard", scale=7, hard_margin=3)
    np.testing.assert_array_equal(make_labels(SCORES, hard), [[1, 0]] * 3)


def test_constant_margins_are_refused_for_distillation_only() -> None:
    constant = SCORES[:, :1] + np.array([3.0, 0.0], dtype=np.float32)
    with pytest.raises(DataError, match=r"margin is 3 in all 3 triples, .*; give .*--labels hard"):
        check_margins(constant, config())
    check_margins(constant, config(labels="hard"))


def test_constant_scores_have_no_range_to_scale_by() -> None:
    constant = np.full((4, 2), 2.5, dtype=np.float32)
    with pytest.raises(DataError, match=r"is 2\.5 in all 4 triples, so there is nothing"):
        check_margins(constant, config(loss="bce", family="cross-encoder"))
    one = np.full((1, 2), 2.5, dtype=np.float32)
    with pytest.raises(DataError, match=r"is 2\.5 in all 1 triples, so there is nothing"):
        check_margins(one, config(loss="bce", family="cross-encoder"))


def test_scores_whose_margins_are_equal_still_teach_a_cross_encoder() -> None:
    constant = SCORES[:, :1] + np.array([3.0, 0.0], dtype=np.float32)
    check_margins(constant, config(loss="bce", family="cross-encoder"))


def test_margins_of_raw_cosines_bring_a_warning_that_names_a_remedy() -> None:
    draw = np.random.default_rng(0).normal(0.3, 0.05, 500)
    small = np.stack([draw, np.zeros(500)], axis=1).astype(np.float32)
    plain = {"similarity": "cosine", "loss": "margin-mse"}
    with pytest.warns(TeacherScoreWarning, match="--teacher-scale 100 or --loss") as caught:
        check_margins(small, config(**plain))
    assert "deviate by only 0.051 at a student scale of 20" in str(caught[0].message)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_margins(small, config(**plain, teacher_scale=100))
        check_margins(small, config(similarity="cosine"))
        check_margins(100 * small, config(**plain))
