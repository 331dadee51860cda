"""Pairs joined from stored token ids are those that the tokeniser makes of the two texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arir.models.batches import Lists
from arir.models.batching import tokenise
from arir.models.cross_encoder.batches import PairCollator, PairForm
from arir.models.token_store import tokenise_texts
from tests.tiny import SENTENCES, Architecture, _tokenizer

ARCHITECTURES: list[Architecture] = ["bert", "electra", "xlmr"]
TOKENIZERS = {architecture: _tokenizer(architecture) for architecture in ARCHITECTURES}
#: words that the tokenisers know, that they split, and that they do not know at all
WORDS = st.sampled_from(["عاصمة", "النيل", "nile", "unseen", "؟", "漢", "2024", "ـ", "a", "b"])
TEXTS = st.lists(WORDS, max_size=30).map(" ".join)
every_architecture = pytest.mark.parametrize("architecture", ARCHITECTURES)


def ids(tokenizer: Any, text: str) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return found


@every_architecture
@settings(max_examples=40)
@given(TEXTS, TEXTS, st.integers(8, 96))
def test_a_pair_is_the_tokenisers_own_with_the_second_text_cut(
    architecture: Architecture, first: str, second: str, length: int
) -> None:
    tokenizer = TOKENIZERS[architecture]
    form = PairForm.of(tokenizer)
    left, right = ids(tokenizer, first), ids(tokenizer, second)
    joined, types = form.join(left, right, length)
    assert len(joined) <= length
    if len(left) > length // 2 or len(left) + form.special >= length:
        return  # the tokeniser refuses to cut a second text that leaves no room for the first
    # In lists, since a single pair with an empty second text is taken for a text alone.
    own = tokenizer(
        [first],
        [second],
        truncation="only_second",
        max_length=length,
        return_token_type_ids=True,
    )
    assert joined == own["input_ids"][0]
    if "token_type_ids" in tokenizer.model_input_names:
        assert types == own["token_type_ids"][0]
    else:
        assert not any(types)


@every_architecture
@settings(max_examples=40)
@given(TEXTS, TEXTS, st.integers(8, 60))
def test_a_long_query_leaves_the_passage_half_of_the_pair(
    architecture: Architecture, first: str, second: str, length: int
) -> None:
    tokenizer = TOKENIZERS[architecture]
    form = PairForm.of(tokenizer)
    left, right = ids(tokenizer, first), ids(tokenizer, second)
    joined, _ = form.join(left, right, length)
    kept = left[: length // 2]
    start = len(form.before)
    assert joined[start : start + len(kept)] == kept
    room = length - form.special - len(kept)
    after = start + len(kept) + len(form.between)
    assert joined[after : len(joined) - len(form.after)] == right[: max(0, room)]


@every_architecture
def test_pairs_are_those_that_the_reranker_reads(architecture: Architecture) -> None:
    """What is trained on is what is searched with, cut at the same places."""
    tokenizer, length = TOKENIZERS[architecture], 24
    queries, passages = list(SENTENCES[5:7]), list(SENTENCES[:5])
    pairs = [(q, p) for q in range(len(queries)) for p in range(len(passages))]
    lists = Lists(
        np.array([q for q, _ in pairs], np.int32),
        np.array([[p] for _, p in pairs], np.int32),
        np.zeros((len(pairs), 1), np.float32),
    )
    stores = [
        tokenise_texts(tokenizer, texts, length, special=False) for texts in (queries, passages)
    ]
    batch = PairCollator(lists, *stores, tokenizer, length, 64)(range(len(pairs)))
    theirs = tokenise(
        tokenizer, [queries[q] for q, _ in pairs], length, [passages[p] for _, p in pairs]
    )
    rows = [
        (row[mask.bool()].tolist(), kinds)
        for group in batch["groups"]
        for row, mask, kinds in zip(
            group["input_ids"],
            group["attention_mask"],
            group.get("token_type_ids", group["input_ids"]),
            strict=True,
        )
    ]
    for place, expected in zip(batch["pairs"].reshape(-1).tolist(), theirs.ids, strict=True):
        assert rows[place][0] == expected


@pytest.mark.parametrize("budget", [1, 30, 10_000])
def test_passes_keep_every_pair_and_its_label(budget: int) -> None:
    tokenizer = TOKENIZERS["bert"]
    texts = list(SENTENCES)
    draw = np.random.default_rng(0)
    lists = Lists(
        draw.integers(0, len(texts), 7).astype(np.int32),
        draw.integers(0, len(texts), (7, 3)).astype(np.int32),
        draw.normal(size=(7, 3)).astype(np.float32),
    )
    store = tokenise_texts(tokenizer, texts, 40, special=False)
    batch = PairCollator(lists, store, store, tokenizer, 40, budget)([5, 0, 3])
    np.testing.assert_array_equal(batch["labels"], lists.labels[[5, 0, 3]])
    rows = [
        (row[mask.bool()].tolist(), kinds[mask.bool()].tolist())
        for group in batch["groups"]
        for row, mask, kinds in zip(*(group[name] for name in ORDER), strict=True)
    ]
    assert sorted(batch["pairs"].reshape(-1).tolist()) == list(range(9))
    for place, row in zip(batch["pairs"].tolist(), [5, 0, 3], strict=True):
        for pair, passage in zip(place, lists.passages[row], strict=True):
            own = tokenizer(
                texts[lists.query[row]], texts[passage], truncation="only_second", max_length=40
            )
            assert rows[pair] == (own["input_ids"], own["token_type_ids"])


ORDER = ("input_ids", "attention_mask", "token_type_ids")


def test_labels_are_single_precision() -> None:
    tokenizer = TOKENIZERS["xlmr"]
    store = tokenise_texts(tokenizer, SENTENCES[:2], 20, special=False)
    lists = Lists(np.int32([0]), np.int32([[0, 1]]), np.float32([[0.25, 1]]))
    batch = PairCollator(lists, store, store, tokenizer, 20, 64)([0])
    assert batch["labels"].dtype == torch.float32
    assert "token_type_ids" not in batch["groups"][0]
