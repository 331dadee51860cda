"""A batch holds each distinct text once, and how it is cut into passes changes no vector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import SentenceTransformer

from arir.models.batches import InBatchCollator, ListCollator, Lists, pass_budget
from arir.models.token_store import TokenStore, tokenise_texts
from tests.tiny import SENTENCES

QUERIES = ["ما هي عاصمة الجزائر ؟", "من كتب المقدمة ؟", "نهر"]
PASSAGES = [*SENTENCES[:5], "نهر", SENTENCES[7]]
#: query, positive and negative of each triple; texts come several times
TRIPLES = [(0, 2, 1), (0, 2, 4), (1, 4, 2), (2, 5, 6), (2, 1, 1), (1, 4, 2)]
EVERY = range(len(TRIPLES))


@pytest.fixture(scope="module", params=["tiny_bi_encoder", "tiny_cosine_encoder"])
def model(request: pytest.FixtureRequest) -> SentenceTransformer:
    return SentenceTransformer(str(request.getfixturevalue(request.param)), device="cpu").eval()


def triples() -> Lists:
    rows = np.array(TRIPLES, dtype=np.int32)
    labels = np.array([[0.5 * at, -at] for at in EVERY], dtype=np.float32)
    return Lists(rows[:, 0], rows[:, 1:], labels)


def stores(model: SentenceTransformer) -> list[TokenStore]:
    return [tokenise_texts(model.tokenizer, texts, 32) for texts in (QUERIES, PASSAGES)]


def collator(model: SentenceTransformer, budget: int = 64, *, apart: bool = False) -> ListCollator:
    return ListCollator(triples(), *stores(model), model.tokenizer, budget, apart=apart)


def encoded(model: SentenceTransformer, batch: dict[str, Any]) -> torch.Tensor:
    """Vectors of the triples; shape (B, 3, D)."""
    with torch.inference_mode():
        outputs = [model(dict(group))["sentence_embedding"] for _, group in batch["groups"]]
    places = torch.cat([batch["query"].unsqueeze(1), batch["passages"]], dim=1)
    return torch.cat(outputs)[places]


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("budget", [1, 20, 64, 10_000])
def test_every_triple_gets_the_vectors_of_its_own_texts(
    model: SentenceTransformer, budget: int, apart: bool
) -> None:
    found = encoded(model, collator(model, budget, apart=apart)(EVERY))
    for row, (query, positive, negative) in enumerate(TRIPLES):
        texts = [QUERIES[query], PASSAGES[positive], PASSAGES[negative]]
        for vector, text in zip(found[row], texts, strict=True):
            alone = torch.from_numpy(model.encode([text], show_progress_bar=False))[0]
            torch.testing.assert_close(vector, alone, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("apart", [False, True])
def test_each_distinct_text_is_encoded_once(model: SentenceTransformer, apart: bool) -> None:
    batch = collator(model, apart=apart)(EVERY)
    texts = {("q", q) for q, _, _ in TRIPLES} | {("p", p) for _, *ps in TRIPLES for p in ps}
    assert sum(len(group["input_ids"]) for _, group in batch["groups"]) == len(texts)
    places = {*batch["query"].tolist(), *batch["passages"].flatten().tolist()}
    assert places == set(range(len(texts)))


def test_queries_and_passages_share_no_pass_where_the_model_tells_them_apart(
    model: SentenceTransformer,
) -> None:
    batch = collator(model, 10_000, apart=True)(EVERY)
    starts = np.cumsum([0, *(len(group["input_ids"]) for _, group in batch["groups"])])
    roles = np.repeat([role for role, _ in batch["groups"]], np.diff(starts))
    assert set(roles[batch["query"].numpy()]) == {"query"}
    assert set(roles[batch["passages"].numpy().reshape(-1)]) == {"passage"}


def test_labels_stay_with_their_triples(model: SentenceTransformer) -> None:
    order = [3, 0, 5, 1]
    batch = collator(model)(order)
    assert batch["labels"].tolist() == [[0.5 * place, -place] for place in order]
    assert batch["labels"].dtype == torch.float32
    whole = encoded(model, collator(model)(EVERY))[order]
    torch.testing.assert_close(encoded(model, batch), whole, rtol=1e-4, atol=1e-5)


def test_labels_may_be_a_read_only_broadcast(model: SentenceTransformer) -> None:
    examples = triples()
    hard = np.broadcast_to(np.float32([1, 0]), (len(examples), 2))
    lists = Lists(examples.query, examples.passages, hard)
    batch = ListCollator(lists, *stores(model), model.tokenizer, 64)([0, 1])
    batch["labels"] += 1
    assert hard.max() == 1


def test_features_are_those_of_the_models_own_preprocessing(tiny_bi_encoder: Path) -> None:
    model = SentenceTransformer(str(tiny_bi_encoder), device="cpu")
    texts = tokenise_texts(model.tokenizer, QUERIES[:1], 32)
    lists = Lists(np.int32([0]), np.int32([[0]]), np.float32([[0]]))
    [(_, group)] = ListCollator(lists, texts, texts, model.tokenizer, 999)([0])["groups"]
    own = model.preprocess(QUERIES[:1])
    assert set(group) == {"input_ids", "attention_mask", "token_type_ids"}
    for name, values in group.items():
        torch.testing.assert_close(values, torch.cat([own[name], own[name]]))


def in_batch(
    model: SentenceTransformer, lists: Lists, relevant: dict[int, frozenset[int]]
) -> InBatchCollator:
    return InBatchCollator(lists, *stores(model), model.tokenizer, 64, relevant=relevant)


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.lists(st.integers(0, 6), min_size=2, max_size=2)),
        min_size=1,
        max_size=6,
    ),
    st.dictionaries(st.integers(0, 2), st.frozensets(st.integers(0, 6), max_size=4)),
)
def test_what_answers_a_query_is_never_its_negative(
    model_for_hypothesis: SentenceTransformer,
    rows: list[tuple[int, list[int]]],
    relevant: dict[int, frozenset[int]],
) -> None:
    lists = Lists(
        np.array([query for query, _ in rows], np.int32),
        np.array([passages for _, passages in rows], np.int32),
        np.zeros((len(rows), 2), np.float32),
    )
    batch = in_batch(model_for_hypothesis, lists, relevant)(range(len(rows)))
    columns = sorted({passage for _, passages in rows for passage in passages})
    assert len(batch["candidates"]) == len(columns)
    for row, (query, (positive, _)) in enumerate(rows):
        assert columns[batch["positives"][row]] == positive
        answers = {p for other, (p, _) in rows if other == query} | relevant.get(query, set())
        expected = [passage in answers and passage != positive for passage in columns]
        assert batch["false_negatives"][row].tolist() == expected
        assert batch["candidates"][batch["positives"][row]] == batch["passages"][row, 0]


@pytest.fixture(scope="module")
def model_for_hypothesis(tiny_bi_encoder: Path) -> SentenceTransformer:
    return SentenceTransformer(str(tiny_bi_encoder), device="cpu").eval()


def test_candidates_are_all_passages_of_the_batch_each_once(model: SentenceTransformer) -> None:
    batch = in_batch(model, triples(), {})(EVERY)
    everyone = torch.unique(batch["passages"])
    assert sorted(batch["candidates"].tolist()) == everyone.tolist()
    own = batch["candidates"][batch["positives"]]
    assert own.tolist() == batch["passages"][:, 0].tolist()


def test_a_pass_on_a_cpu_is_small() -> None:
    assert pass_budget(torch.device("cpu")) == 1024
