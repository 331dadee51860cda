"""Both twins are asked for margins on one footing; a teacher that teaches nothing is noticed."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from arir.errors import DataError
from arir.losses.teacher_scores import TeacherScoreWarning
from arir.train.labels import check_margins, make_labels
from tests.train.material import settings

MARGINS = np.array([4.0, -2.0, 10.0], dtype=np.float32)


def test_teacher_labels_are_the_margins_with_their_sign(tmp_path: Path) -> None:
    config = settings(tmp_path, teacher_scale=0.5, similarity="cosine")
    np.testing.assert_array_equal(make_labels(MARGINS, config), [2, -1, 5])


def test_hard_labels_ask_a_cosine_student_for_a_cosine_margin_of_one(tmp_path: Path) -> None:
    dot = settings(tmp_path, labels="hard")
    np.testing.assert_array_equal(make_labels(MARGINS, dot), [1, 1, 1])
    cosine = settings(tmp_path, labels="hard", similarity="cosine", teacher_scale=9)
    np.testing.assert_array_equal(make_labels(MARGINS, cosine), [20, 20, 20])
    half = settings(tmp_path, labels="hard", similarity="cosine", scale=10, hard_margin=0.5)
    np.testing.assert_array_equal(make_labels(MARGINS, half), [5, 5, 5])


def test_constant_margins_are_refused_for_distillation_only(tmp_path: Path) -> None:
    constant = np.full(5, 3.0, dtype=np.float32)
    with pytest.raises(DataError, match=r"margin is 3 in all 5 triples, .*; give .*--labels hard"):
        check_margins(constant, settings(tmp_path))
    check_margins(constant, settings(tmp_path, labels="hard"))


def test_margins_of_raw_cosines_bring_a_warning_that_names_a_remedy(tmp_path: Path) -> None:
    small = np.random.default_rng(0).normal(0.3, 0.05, 500).astype(np.float32)
    config = settings(tmp_path, similarity="cosine", loss="margin-mse")
    with pytest.warns(TeacherScoreWarning, match="--teacher-scale 100 or --loss") as caught:
        check_margins(small, config)
    assert "deviate by only 0.051 at a student scale of 20" in str(caught[0].message)
    mended = settings(tmp_path, similarity="cosine", loss="margin-mse", teacher_scale=100)
    normalised = settings(tmp_path, similarity="cosine")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_margins(small, mended)
        check_margins(small, normalised)
        check_margins(100 * small, config)
