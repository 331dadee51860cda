"""Tie adjustment against Anserini's own reranker."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from arir.lucene import java_class
from arir.lucene.ties import adjust_ties

SCORES = st.lists(
    st.one_of(
        st.floats(0, 60, width=32),
        st.sampled_from([1.0, 1.00004, 1.0001, 1.00015, 1.0002, 23.4393, 23.4394, 0.0]),
    ),
    max_size=60,
)


@pytest.fixture(scope="session")
def reranked() -> Any:
    reranker = java_class("io.anserini.rerank.lib.ScoreTiesAdjusterReranker")()
    ranking = java_class("io.anserini.search.ScoredDocs")
    mapper = java_class("com.fasterxml.jackson.databind.ObjectMapper")()

    def _reranked(scores: list[float]) -> list[float]:
        documents = [None] * len(scores)
        text = json.dumps({"scores": scores, "lucene_documents": documents})
        return list(reranker.rerank(mapper.readValue(text, ranking), None).scores)

    return _reranked


@given(SCORES)
@example([1.0] * 50 + [0.9998] * 3)
@example([1.0001, 1.0, 0.9999, 0.9998])
def test_scores_differ_from_anserinis(reranked: Any, scores: list[float]) -> None:
    falling = np.sort(np.array(scores, dtype=np.float32))[::-1]
    assert adjust_ties(falling).tolist() == reranked(falling.tolist())


def test_the_scores_given_are_overwritten() -> None:
    scores = np.array([2.0, 2.0], dtype=np.float32)
    adjust_ties(scores)
    assert scores.tolist() == [2.0, 2.0]
