from __future__ import annotations

import warnings

import pytest
import torch

from arir.errors import DataError
from arir.losses.teacher_scores import TeacherScoreWarning, check_teacher_scores


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_broken_score_is_refused_with_its_place(value: float) -> None:
    scores = torch.tensor([[3.0, 1.0], [2.0, value], [value, 1.0]])
    with pytest.raises(
        DataError, match=r"t\.tsv: NaN or infinite: 2 of 6 .* list 1 at candidate 1"
    ):
        check_teacher_scores(scores, where="t.tsv")


def test_padding_may_hold_anything() -> None:
    scores = torch.tensor([[3.0, 1.0, float("nan")], [2.0, -1.0, float("inf")]])
    mask = torch.tensor([[True, True, False], [True, True, False]])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_teacher_scores(scores, mask)


def test_good_scores_pass_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_teacher_scores(torch.tensor([[6.6, 2.6], [4.0, -7.0]]))
        check_teacher_scores(torch.tensor([6.6, 2.6, -3.0]))
        check_teacher_scores(torch.tensor([[0.02, 0.01]]), temperature=0.01)


def test_constant_lists_are_told_with_their_number() -> None:
    with pytest.warns(TeacherScoreWarning, match="constant in 1 of 2 lists"):
        check_teacher_scores(torch.tensor([[2.0, 2.0, 2.0], [3.0, 1.0, 0.0]]))
    with pytest.warns(TeacherScoreWarning, match="constant in 1 of 1 lists"):
        check_teacher_scores(torch.tensor([2.0, 2.0]))


def test_probabilities_that_make_margin_mse_vanish_are_told() -> None:
    scores = torch.tensor([[0.998, 0.981], [0.991, 0.990]])
    with pytest.warns(TeacherScoreWarning, match="MarginMSE vanishes .* temperature below 0.01"):
        check_teacher_scores(scores)


def test_scores_that_underflow_the_softmax_are_told() -> None:
    scores = torch.tensor([[400.0, 0.0], [3.0, 1.0]])
    assert torch.softmax(scores[0], dim=0)[1] == 0
    with pytest.warns(TeacherScoreWarning, match="exactly zero; use a temperature above 4"):
        check_teacher_scores(scores)
    assert torch.softmax(scores[0] / 4.01, dim=0)[1] > 0


def test_a_list_of_one_candidate_is_no_constant_list() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_teacher_scores(torch.tensor([[2.0]]))


def test_wrong_shapes_and_temperatures_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(1, 1, 1\)"):
        check_teacher_scores(torch.zeros(1, 1, 1))
    with pytest.raises(ValueError, match=r"shape \(2, 0\)"):
        check_teacher_scores(torch.zeros(2, 0))
    with pytest.raises(ValueError, match="temperature"):
        check_teacher_scores(torch.zeros(1, 2), temperature=0.0)
    with pytest.raises(ValueError, match="mask has shape"):
        check_teacher_scores(torch.zeros(2, 2), torch.ones(2, 1))
