"""A bi-encoder reranks by its own scores, and encodes a passage once for all queries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from arir.models.bi_encoder.encoder import BiEncoder
from arir.models.bi_encoder.reranker import BiEncoderReranker
from arir.models.loading import load_encoder
from arir.models.protocols import Candidate, Reranker, Vectors
from tests.tiny import SENTENCES

CANDIDATES = [Candidate(f"d{number}", text, 9.0) for number, text in enumerate(SENTENCES)]
QUERY = "ما هي عاصمة مصر ؟"


@pytest.fixture
def encoder(tiny_bi_encoder: object) -> BiEncoder:
    return load_encoder(str(tiny_bi_encoder))


@pytest.fixture
def encoded(encoder: BiEncoder, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The passages of every call to the encoder."""
    calls: list[list[str]] = []
    encode = encoder.encode_passages

    def record(passages: Sequence[str]) -> Vectors:
        calls.append(list(passages))
        return encode(passages)

    monkeypatch.setattr(encoder, "encode_passages", record)
    return calls


def test_scores_are_inner_products_best_first(encoder: BiEncoder) -> None:
    reranker = BiEncoderReranker(encoder)
    assert isinstance(reranker, Reranker)
    result = reranker.rerank(QUERY, CANDIDATES)
    scores = encoder.encode_passages(SENTENCES) @ encoder.encode(QUERY)
    expected = [f"d{place}" for place in np.argsort(-scores)]
    assert [candidate.docid for candidate in result] == expected
    np.testing.assert_allclose([item.score for item in result], -np.sort(-scores), rtol=1e-5)


def test_a_passage_is_encoded_once_for_all_queries(
    encoder: BiEncoder, encoded: list[list[str]]
) -> None:
    reranker = BiEncoderReranker(encoder)
    first = reranker.rerank(QUERY, CANDIDATES)
    again = reranker.rerank(QUERY, CANDIDATES)
    assert first == again
    assert [len(call) for call in encoded if call] == [len(SENTENCES)]


def test_the_cache_is_bounded_and_never_wrong(encoder: BiEncoder, encoded: list[list[str]]) -> None:
    small, large = BiEncoderReranker(encoder, cache_size=3), BiEncoderReranker(encoder)
    for candidates in (CANDIDATES, CANDIDATES[::-1], CANDIDATES[:5], CANDIDATES):
        assert [item.docid for item in small.rerank(QUERY, candidates)] == [
            item.docid for item in large.rerank(QUERY, candidates)
        ]
    assert len(small._cache) == 3


def test_the_least_recently_used_passage_is_dropped(
    encoder: BiEncoder, encoded: list[list[str]]
) -> None:
    reranker = BiEncoderReranker(encoder, cache_size=2)
    for place in (0, 1, 0, 2, 0, 1):
        reranker.rerank(QUERY, [CANDIDATES[place]])
    assert [call[0] for call in encoded if call] == [SENTENCES[place] for place in (0, 1, 2, 1)]


def test_the_same_id_with_another_text_is_scored_anew(encoder: BiEncoder) -> None:
    reranker = BiEncoderReranker(encoder)
    before = reranker.rerank(QUERY, [Candidate("d", SENTENCES[0])])
    after = reranker.rerank(QUERY, [Candidate("d", SENTENCES[9])])
    assert before[0].score != after[0].score


def test_equal_texts_tie_and_go_by_id_descending(encoder: BiEncoder) -> None:
    candidates = [Candidate(name, SENTENCES[0]) for name in ("d1", "d3", "d2")]
    result = BiEncoderReranker(encoder).rerank(QUERY, candidates)
    assert [candidate.docid for candidate in result] == ["d3", "d2", "d1"]


def test_no_candidates_give_none(encoder: BiEncoder) -> None:
    assert BiEncoderReranker(encoder).rerank(QUERY, []) == []
