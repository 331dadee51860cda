"""A batch holds each distinct text once, and how it is cut into passes changes no vector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir.models.bi_encoder import batches
from arir.models.bi_encoder.batches import TripletCollator, tokenise_texts
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر"]
PASSAGES = [*SENTENCES[:5], "نهر", SENTENCES[7]]
#: query, positive and negative of each triple; texts come several times
TRIPLES = [(0, 2, 1), (0, 2, 4), (1, 4, 2), (2, 5, 6), (2, 1, 1), (1, 4, 2)]
ROWS = [
    {"query": q, "positive": p, "negative": n, "label": 0.5 * i}
    for i, (q, p, n) in enumerate(TRIPLES)
]


@pytest.fixture(scope="module", params=["tiny_bi_encoder", "tiny_cosine_encoder"])
def model(request: pytest.FixtureRequest) -> SentenceTransformer:
    return SentenceTransformer(str(request.getfixturevalue(request.param)), device="cpu").eval()


def collator(model: SentenceTransformer, budget: int = 64) -> TripletCollator:
    tokenizer = model.tokenizer
    return TripletCollator(
        tokenise_texts(tokenizer, QUERIES, 32),
        tokenise_texts(tokenizer, PASSAGES, 32),
        tokenizer,
        budget,
    )


def encoded(model: SentenceTransformer, batch: dict[str, Any]) -> torch.Tensor:
    """Vectors of the triples; shape (B, 3, D)."""
    with torch.inference_mode():
        vectors = torch.cat([model(group)["sentence_embedding"] for group in batch["groups"]])
    return vectors[batch["places"]]


@pytest.mark.parametrize("budget", [1, 20, 64, 10_000])
def test_every_triple_gets_the_vectors_of_its_own_texts(
    model: SentenceTransformer, budget: int
) -> None:
    found = encoded(model, collator(model, budget)(ROWS))
    for row, (query, positive, negative) in enumerate(TRIPLES):
        texts = [QUERIES[query], PASSAGES[positive], PASSAGES[negative]]
        for vector, text in zip(found[row], texts, strict=True):
            alone = torch.from_numpy(model.encode([text], show_progress_bar=False))[0]
            torch.testing.assert_close(vector, alone, rtol=1e-4, atol=1e-5)


def test_each_distinct_text_is_encoded_once(model: SentenceTransformer) -> None:
    batch = collator(model)(ROWS)
    texts = {("q", q) for q, _, _ in TRIPLES} | {("p", p) for _, *ps in TRIPLES for p in ps}
    assert sum(len(group["input_ids"]) for group in batch["groups"]) == len(texts)
    assert sorted(set(batch["places"].flatten().tolist())) == list(range(len(texts)))


def test_queries_are_not_padded_to_passages(model: SentenceTransformer) -> None:
    many = collator(model, budget=20)(ROWS)
    one = collator(model, budget=10_000)(ROWS)
    assert len(one["groups"]) == 1
    real = int(one["groups"][0]["attention_mask"].sum())
    assert sum(int(group["attention_mask"].sum()) for group in many["groups"]) == real
    padded = [sum(g["input_ids"].numel() for g in b["groups"]) for b in (many, one)]
    assert padded[0] < padded[1]


def test_labels_stay_with_their_triples(model: SentenceTransformer) -> None:
    order = [3, 0, 5, 1]
    batch = collator(model)([ROWS[place] for place in order])
    assert batch["label"].tolist() == [0.5 * place for place in order]
    assert batch["label"].dtype == torch.float32
    whole = encoded(model, collator(model)(ROWS))[order]
    torch.testing.assert_close(encoded(model, batch), whole, rtol=1e-4, atol=1e-5)


def test_features_are_those_of_the_models_own_preprocessing(tiny_bi_encoder: Path) -> None:
    model = SentenceTransformer(str(tiny_bi_encoder), device="cpu")
    texts = tokenise_texts(model.tokenizer, QUERIES[:1], 32)
    [group] = TripletCollator(texts, texts, model.tokenizer, 999)(
        [{"query": 0, "positive": 0, "negative": 0, "label": 0.0}]
    )["groups"]
    own = model.preprocess(QUERIES[:1])
    assert set(group) == {"input_ids", "attention_mask", "token_type_ids"}
    for name, values in group.items():
        torch.testing.assert_close(values, torch.cat([own[name], own[name]]))


def test_texts_are_cut_to_the_length_and_chunks_change_nothing(
    model: SentenceTransformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tokenise_texts(model.tokenizer, PASSAGES, 7)
    assert np.diff(whole.offsets).max() == 7
    monkeypatch.setattr(batches, "CHUNK", 2)
    parts = tokenise_texts(model.tokenizer, iter(PASSAGES), 7)
    np.testing.assert_array_equal(whole.tokens, parts.tokens)
    np.testing.assert_array_equal(whole.offsets, parts.offsets)
    expected = model.tokenizer(PASSAGES, truncation=True, max_length=7)["input_ids"]
    assert whole.rows(range(len(PASSAGES))) == expected


def test_no_texts_are_no_tokens(model: SentenceTransformer) -> None:
    assert len(tokenise_texts(model.tokenizer, [], 7)) == 0
