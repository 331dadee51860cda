"""Token vectors equal sentence-transformers', whatever the batches, and so does their score."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sentence_transformers import MultiVectorEncoder

from arir.models.folders import spec_from_folder, write_model_manifest
from arir.models.late_interaction.encoder import LateInteractionEncoder
from arir.models.late_interaction.reranker import LateInteractionReranker
from arir.models.loading import load_late_encoder, load_reranker
from arir.models.protocols import Candidate, LateEncoder, Reranker, TokenVectors
from arir.text import normalise
from tests.tiny import SENTENCES, Architecture, make_late_interaction

TOLERANCE = 1e-5
TEXTS = [*SENTENCES, "", "؟", "ا", "من ، كتب ؛ المقدمة ؟", " ".join(SENTENCES)]
CANDIDATES = [Candidate(f"d{number:02}", text) for number, text in enumerate(TEXTS)]


def assert_same(ours: TokenVectors, theirs: Any) -> None:
    assert ours.lengths.tolist() == [len(matrix) for matrix in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(mine, np.asarray(other), atol=TOLERANCE)


@pytest.fixture(scope="module")
def encoder(tiny_late_interaction: Path) -> LateInteractionEncoder:
    return load_late_encoder(tiny_late_interaction)


@pytest.fixture(scope="module")
def reference(tiny_late_interaction: Path) -> MultiVectorEncoder:
    return MultiVectorEncoder(str(tiny_late_interaction), device="cpu")


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr"])
@pytest.mark.parametrize("expansion", ["none", "fixed", "attended"])
def test_vectors_equal_those_of_sentence_transformers(
    architecture: Architecture, expansion: Any, tmp_path: Path
) -> None:
    folder = make_late_interaction(tmp_path / "m", architecture, expansion=expansion)
    ours = load_late_encoder(folder, batch_tokens=100)
    model = MultiVectorEncoder(str(folder), device="cpu")
    assert_same(ours.encode_queries(TEXTS), model.encode_query(TEXTS, batch_size=3))
    assert_same(ours.encode_passages(TEXTS), model.encode_document(TEXTS, batch_size=3))


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(TEXTS))), budget=st.integers(1, 400))
def test_order_and_size_of_batches_change_nothing(
    encoder: LateInteractionEncoder, order: list[int], budget: int
) -> None:
    whole = encoder.encode_passages(TEXTS)
    encoder.batch_tokens = budget
    shuffled = encoder.encode_passages([TEXTS[place] for place in order])
    assert_same(shuffled, [whole[place] for place in order])


def test_a_block_boundary_changes_nothing(
    encoder: LateInteractionEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encoder.encode_queries(TEXTS)
    monkeypatch.setattr("arir.models.late_interaction.encoder.BLOCK", 4)
    assert_same(encoder.encode_queries(TEXTS), list(whole))


def test_no_text_gives_no_vector(encoder: LateInteractionEncoder) -> None:
    empty = encoder.encode_passages([])
    assert len(empty) == 0
    assert list(empty) == []
    assert empty.values.shape == (0, 16)


def test_it_is_an_encoder_that_says_what_it_is(
    encoder: LateInteractionEncoder, tiny_late_interaction: Path
) -> None:
    assert isinstance(encoder, LateEncoder)
    assert (encoder.name, encoder.profile) == (str(tiny_late_interaction), "none")
    vectors = encoder.encode_queries(["من كتب المقدمة"])
    assert vectors.values.dtype == np.float32
    assert vectors.offsets.dtype == np.int64
    assert vectors.values.shape == (5, encoder.dimension)


def test_profile_then_prefix_then_length(
    tiny_late_interaction: Path, reference: MultiVectorEncoder, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_late_interaction, tmp_path / "m"))
    spec = replace(
        spec_from_folder(folder), profile="araelectra", query_prefix="q: ", query_length=8
    )
    write_model_manifest(folder, spec)
    ours = load_late_encoder(folder)
    text = "تُعَدُّ (القاهرة) عاصمةَ مصر."
    assert_same(
        ours.encode_passages([text]), reference.encode_document([normalise(text, "araelectra")])
    )
    expected = reference.encode_query(["q: مصر مصر مصر مصر"])
    assert_same(ours.encode_queries(["مصر " * 30]), expected)


def test_cut_texts_are_counted(
    tiny_late_interaction: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load_late_encoder(tiny_late_interaction)
    with caplog.at_level(logging.WARNING, "arir.models"):
        encoder.encode_queries([" ".join(SENTENCES), "قصير"])
    assert encoder.truncation.count == 1
    assert "longer than 24 tokens are cut" in caplog.text


def test_half_precision_stays_near(
    tiny_late_interaction: Path, encoder: LateInteractionEncoder
) -> None:
    exact = encoder.encode_passages(SENTENCES)
    for precision in ("bf16", "fp16"):
        half = load_late_encoder(tiny_late_interaction, "cpu", precision).encode_passages(SENTENCES)
        assert 0 < np.abs(half.values - exact.values).max() < 0.05


def test_the_fingerprint_covers_projection_and_mask_but_not_the_place(
    encoder: LateInteractionEncoder, tiny_late_interaction: Path, tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(tiny_late_interaction, tmp_path / "copy"))
    assert load_late_encoder(copy).fingerprint == encoder.fingerprint
    other = make_late_interaction(tmp_path / "other", seed=3)
    shutil.copy(other / "1_Dense" / "model.safetensors", copy / "1_Dense")
    assert load_late_encoder(copy).fingerprint != encoder.fingerprint


class TestReranker:
    """Reranking is MaxSim, as sentence-transformers computes it."""

    def test_scores_equal_those_of_sentence_transformers(
        self, tiny_late_interaction: Path, reference: MultiVectorEncoder
    ) -> None:
        reranker = load_reranker(tiny_late_interaction)
        assert isinstance(reranker, LateInteractionReranker)
        assert isinstance(reranker, Reranker)
        for query in ("من كتب المقدمة ؟", "capital of Egypt"):
            expected = reference.similarity(
                reference.encode_query([query]), reference.encode_document(TEXTS)
            )[0]
            found = {hit.docid: hit.score for hit in reranker.rerank(query, CANDIDATES)}
            for place, score in enumerate(expected.tolist()):
                assert found[f"d{place:02}"] == pytest.approx(score, abs=TOLERANCE)

    def test_order_blocks_and_company_of_candidates_change_nothing(
        self, encoder: LateInteractionEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = LateInteractionReranker(encoder).rerank(SENTENCES[5], CANDIDATES)
        monkeypatch.setattr("arir.models.late_interaction.reranker.BLOCK", 3)
        reranker = LateInteractionReranker(encoder, cache_size=2)
        other = reranker.rerank(SENTENCES[5], CANDIDATES[::-1])
        assert [hit.docid for hit in other] == [hit.docid for hit in whole]
        assert [hit.score for hit in other] == pytest.approx([hit.score for hit in whole], abs=1e-5)
        alone = reranker.rerank(SENTENCES[5], [whole[3]])
        assert alone[0].score == pytest.approx(whole[3].score, abs=1e-5)

    def test_no_candidate_gives_no_candidate(self, encoder: LateInteractionEncoder) -> None:
        assert LateInteractionReranker(encoder).rerank("x", []) == []

    def test_a_passage_of_which_nothing_counts_stands_last(self) -> None:
        class Sparse:
            """Gives no vector for an empty text, and one that is far from all others."""

            name, profile, dimension, fingerprint = "sparse", "none", 1, "0"

            def encode_queries(self, queries: Any) -> TokenVectors:
                return self.encode_passages(queries)

            def encode_passages(self, passages: Any) -> TokenVectors:
                values = [float(word) for text in passages for word in text.split()]
                offsets = np.cumsum([0, *(len(text.split()) for text in passages)])
                return TokenVectors(np.array(values, np.float32)[:, None], offsets)

        candidates = [Candidate("a", ""), Candidate("b", "-5"), Candidate("c", "-9 2")]
        ranked = LateInteractionReranker(Sparse()).rerank("1", candidates)
        assert [(hit.docid, hit.score) for hit in ranked] == [("c", 2), ("b", -5), ("a", -6)]
        nothing = LateInteractionReranker(Sparse()).rerank("", candidates)
        assert {hit.score for hit in nothing} == {0.0}
