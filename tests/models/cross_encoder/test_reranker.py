"""Cross-encoder scores equal the reference implementation's, whatever the batches."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from arir.models.cross_encoder.reranker import CrossEncoderReranker
from arir.models.folders import spec_from_folder, write_model_manifest
from arir.models.loading import load_reranker
from arir.models.protocols import Candidate, Reranker
from arir.text import normalise
from tests.tiny import SENTENCES, Architecture, make_cross_encoder

TOLERANCE = 1e-5
PAIRS = [(query, passage) for query in SENTENCES[5:7] for passage in SENTENCES]


def _load(folder: Path, **options: int) -> CrossEncoderReranker:
    reranker = load_reranker(folder, **options)
    assert isinstance(reranker, CrossEncoderReranker)
    return reranker


@pytest.fixture(scope="module")
def reranker(tiny_cross_encoder: Path) -> CrossEncoderReranker:
    return _load(tiny_cross_encoder)


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr"])
def test_scores_equal_those_of_sentence_transformers(
    architecture: Architecture, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    folder = make_cross_encoder(tmp_path / "m", architecture)
    expected = CrossEncoder(str(folder), device="cpu").predict(
        PAIRS, activation_fn=torch.nn.Identity()
    )
    scores = _load(folder, batch_tokens=100).score_pairs(PAIRS)
    assert scores.dtype == np.float32
    assert np.ptp(expected) > 0.1
    np.testing.assert_allclose(scores, expected, atol=TOLERANCE)


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr"])
def test_high_logits_of_bf16_bodies_do_not_tie(architecture: Architecture, tmp_path: Path) -> None:
    """bf16 logits near 10 are a sixteenth apart."""
    folder = make_cross_encoder(tmp_path / "m", architecture)
    file = folder / "model.safetensors"
    weights = load_file(file)
    last = next(name for name in ("classifier.bias", "classifier.out_proj.bias") if name in weights)
    save_file(weights | {last: weights[last] + 10}, file, {"format": "pt"})
    exact = _load(folder).score_pairs(PAIRS)
    rounded = load_reranker(folder, precision="bf16").score_pairs(PAIRS)  # type: ignore[attr-defined]  # a cross-encoder's
    assert len(set(rounded.tolist())) == len(set(exact.tolist()))
    np.testing.assert_allclose(rounded, exact, rtol=0.03)


def test_of_two_labels_the_score_is_the_log_odds_of_the_second(tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    folder = make_cross_encoder(tmp_path / "m", labels=2)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    inputs = AutoTokenizer.from_pretrained(folder)(*PAIRS[0], return_tensors="pt")
    with torch.no_grad():
        relevant = model(**inputs).logits.softmax(-1)[0, 1].item()
    score = _load(folder).score_pairs(PAIRS[:1])[0]
    assert 1 / (1 + np.exp(-score)) == pytest.approx(relevant, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(PAIRS))), budget=st.integers(1, 400))
def test_order_and_size_of_batches_change_nothing(
    reranker: CrossEncoderReranker, order: list[int], budget: int
) -> None:
    whole = reranker.score_pairs(PAIRS)
    reranker.batch_tokens = budget
    shuffled = reranker.score_pairs([PAIRS[place] for place in order])
    np.testing.assert_allclose(shuffled, whole[order], atol=TOLERANCE)


def test_a_block_boundary_changes_nothing(
    reranker: CrossEncoderReranker, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = reranker.score_pairs(PAIRS)
    monkeypatch.setattr("arir.models.pairs.BLOCK", 5)
    np.testing.assert_allclose(reranker.score_pairs(PAIRS), whole, atol=TOLERANCE)


def test_rerank_puts_the_best_first_and_ties_by_id_descending(
    reranker: CrossEncoderReranker,
) -> None:
    assert isinstance(reranker, Reranker)
    query = SENTENCES[5]
    candidates = [Candidate(f"d{place}", text) for place, text in enumerate(SENTENCES)]
    candidates.append(Candidate("e", SENTENCES[0]))
    result = reranker.rerank(query, candidates)
    scores = reranker.score_pairs([(query, candidate.text) for candidate in candidates])
    assert sorted(item.score for item in result) == pytest.approx(sorted(scores), abs=TOLERANCE)
    assert [item.score for item in result] == sorted((item.score for item in result), reverse=True)
    places = [item.docid for item in result]
    assert places.index("e") + 1 == places.index("d0")


def test_nothing_to_score_gives_nothing(reranker: CrossEncoderReranker) -> None:
    assert reranker.rerank("a", []) == []
    assert reranker.score_pairs([]).shape == (0,)


def test_only_the_passage_is_cut(reranker: CrossEncoderReranker) -> None:
    query, long = SENTENCES[5], " ".join(SENTENCES * 2)
    before = reranker.truncation.count
    cut = reranker.score_pairs([(query, long), (query, long + " شيء آخر")])
    assert cut[0] == pytest.approx(cut[1], abs=TOLERANCE)
    assert reranker.truncation.count == before + 2
    other = reranker.score_pairs([(query + " أيضا", long)])
    assert abs(other[0] - cut[0]) > TOLERANCE


def test_a_query_longer_than_the_pair_leaves_half_to_the_passage(
    reranker: CrossEncoderReranker,
) -> None:
    """Truncating the passage alone cannot make such a pair fit; the tokeniser would give up."""
    long = " ".join(SENTENCES * 4)
    scores = reranker.score_pairs([(long, SENTENCES[0]), (long, SENTENCES[8])])
    assert np.isfinite(scores).all()
    assert abs(scores[0] - scores[1]) > TOLERANCE


def test_query_and_passage_go_through_the_profile(
    tiny_cross_encoder: Path, reranker: CrossEncoderReranker, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(tiny_cross_encoder, tmp_path / "m"))
    write_model_manifest(folder, replace(spec_from_folder(folder), profile="araelectra"))
    query, passage = "من كَتَبَ (المقدمة)؟", "كتَبها ابنُ خلدون."
    clean = (normalise(query, "araelectra"), normalise(passage, "araelectra"))
    assert clean != (query, passage)
    profiled = _load(folder)
    assert profiled.profile == "araelectra"
    expected = reranker.score_pairs([clean])
    np.testing.assert_allclose(profiled.score_pairs([(query, passage)]), expected, atol=TOLERANCE)
