"""Batches hold every text once, keep to their budget, and change no result."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from arir.models.batching import Features, batch_budget, pad, run_batches, token_batches, tokenise
from tests.tiny import SENTENCES

CPU = torch.device("cpu")


@given(st.lists(st.integers(1, 50), max_size=60), st.integers(1, 200))
def test_every_text_comes_once_within_the_budget(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths, dtype=np.intp)
    batches = list(token_batches(sizes, budget))
    places = [int(place) for batch in batches for place in batch]
    assert sorted(places) == list(range(len(lengths)))
    assert list(sizes[places]) == sorted(lengths, reverse=True)
    assert all(len(batch) == 1 or len(batch) * sizes[batch].max() <= budget for batch in batches)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(50, 200))
def test_no_batch_could_take_its_successor(lengths: list[int], budget: int) -> None:
    sizes = np.array(lengths, dtype=np.intp)
    batches = list(token_batches(sizes, budget))
    assert all((len(batch) + 1) * sizes[batch].max() > budget for batch in batches[:-1])


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("architecture", ["tiny_bert", "tiny_xlmr"])
def test_padding_equals_that_of_transformers(
    side: str, architecture: str, request: pytest.FixtureRequest
) -> None:
    from transformers import AutoTokenizer

    folder: Path = request.getfixturevalue(architecture)
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side=side)
    rows = np.array([3, 0, 7])
    ours = pad(tokenise(tokenizer, SENTENCES, 20), rows, tokenizer)
    texts = [SENTENCES[row] for row in rows]
    theirs = tokenizer(texts, padding=True, truncation=True, max_length=20, return_tensors="pt")
    assert set(ours) == set(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_results_come_back_in_the_order_of_the_texts(tiny_bert: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_bert)
    tokens = tokenise(tokenizer, SENTENCES, 96)
    seen: list[int] = []

    def second_token(features: Features) -> torch.Tensor:
        seen.append(features["input_ids"].numel())
        return features["input_ids"][:, 1:2].to(torch.float64)

    results = run_batches(tokens, tokenizer, CPU, 60, second_token)
    assert results.dtype == np.float32
    assert results[:, 0].tolist() == [ids[1] for ids in tokens.ids]
    assert len(seen) > 1
    assert max(seen) <= 60


def test_truncated_texts_are_counted(tiny_bert: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_bert)
    lengths = tokenise(tokenizer, SENTENCES, 96).lengths
    limit = int(np.sort(lengths)[-3])
    assert tokenise(tokenizer, SENTENCES, limit).truncated == int((lengths > limit).sum()) > 0
    assert tokenise(tokenizer, SENTENCES, 96).truncated == 0


def test_the_budget_suits_the_device_unless_it_is_given() -> None:
    assert batch_budget(64, CPU) == 64
    assert batch_budget(None, CPU) < batch_budget(None, torch.device("cuda"))
