from __future__ import annotations

import pytest
import torch

from arir.losses.seq2seq_scores import query_log_likelihood, true_log_probability
from tests.losses.helpers import random


def test_it_equals_a_t5_models_own_loss() -> None:
    from transformers import T5Config, T5ForConditionalGeneration

    torch.manual_seed(0)
    model = T5ForConditionalGeneration(
        T5Config(
            vocab_size=50,
            d_model=16,
            d_kv=8,
            d_ff=32,
            num_layers=1,
            num_heads=2,
            decoder_start_token_id=0,
        )
    ).eval()
    passages = torch.randint(2, 50, (3, 6))
    labels = torch.tensor([[5, 9, 1], [7, 1, -100], [1, -100, -100]])
    with torch.no_grad():
        scores = query_log_likelihood(model(input_ids=passages, labels=labels).logits, labels)
        for row, length in enumerate([3, 2, 1]):
            own = model(
                input_ids=passages[row : row + 1], labels=labels[row : row + 1, :length]
            ).loss
            torch.testing.assert_close(scores[row], -own * length)


def test_a_likelier_query_scores_higher() -> None:
    logits, labels = torch.zeros(2, 1, 3), torch.tensor([[2], [2]])
    logits[0, 0, 2] = 5.0
    scores = query_log_likelihood(logits, labels)
    assert scores[0] > scores[1]
    assert (scores <= 0).all()


def test_padding_of_the_query_changes_nothing() -> None:
    logits, labels = random(2, 4, 7), torch.tensor([[1, 2, -100, -100], [3, 4, -100, -100]])
    torch.testing.assert_close(
        query_log_likelihood(logits, labels), query_log_likelihood(logits[:, :2], labels[:, :2])
    )


def test_true_against_false_equals_the_softmax_over_both() -> None:
    logits = random(4, 9)
    expected = torch.softmax(logits[:, [6, 3]], dim=1)[:, 0].log()
    torch.testing.assert_close(true_log_probability(logits, true_id=6, false_id=3), expected)
    assert true_log_probability(logits.bfloat16(), 6, 3).dtype == torch.float32


def test_wrong_shapes_and_token_ids_are_refused() -> None:
    with pytest.raises(ValueError, match="labels"):
        query_log_likelihood(torch.zeros(2, 3, 4), torch.zeros(2, 2, dtype=torch.long))
    with pytest.raises(ValueError, match=r"expected \(B, V\)"):
        true_log_probability(torch.zeros(4), 0, 1)
    for true_id, false_id in ((1, 1), (4, 0), (0, -1)):
        with pytest.raises(ValueError, match="do not fit 4 tokens"):
            true_log_probability(torch.zeros(2, 4), true_id, false_id)
