"""Vectors equal the reference implementation's, whatever the batches; identity is by content."""

from __future__ import annotations

import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from arir.models.bi_encoder.encoder import BiEncoder, unit_rows
from arir.models.folders import spec_from_folder, write_model_manifest
from arir.models.loading import load_encoder
from arir.models.protocols import Encoder
from arir.text import normalise
from tests.tiny import SENTENCES, Architecture, make_bi_encoder

TOLERANCE = 1e-5
TEXTS = [*SENTENCES, "", "ا", " ".join(SENTENCES)]


def _reference(folder: Path, texts: list[str], **options: Any) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return np.asarray(model.encode(texts, batch_size=1, **options))


@pytest.fixture(scope="module")
def encoder(tiny_bi_encoder: Path) -> BiEncoder:
    return load_encoder(tiny_bi_encoder)


@pytest.mark.parametrize("architecture", ["bert", "electra", "xlmr"])
@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken"])
def test_vectors_equal_those_of_sentence_transformers(
    architecture: Architecture, pooling: str, tmp_path: Path
) -> None:
    folder = make_bi_encoder(tmp_path / "m", architecture, pooling=pooling)
    ours = load_encoder(folder, batch_tokens=100).encode_passages(TEXTS)
    np.testing.assert_allclose(ours, _reference(folder, TEXTS), atol=TOLERANCE)


def test_dense_and_normalising_layers_are_run(tmp_path: Path) -> None:
    folder = make_bi_encoder(tmp_path / "m", dense=8, normalise=True)
    encoder = load_encoder(folder)
    assert encoder.dimension == 8
    vectors = encoder.encode_passages(TEXTS)
    np.testing.assert_allclose(vectors, _reference(folder, TEXTS), atol=TOLERANCE)


def test_a_cosine_model_gives_unit_vectors(tiny_cosine_encoder: Path) -> None:
    vectors = load_encoder(tiny_cosine_encoder).encode_passages(TEXTS)
    expected = _reference(tiny_cosine_encoder, TEXTS, normalize_embeddings=True)
    np.testing.assert_allclose(vectors, expected, atol=TOLERANCE)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=TOLERANCE)


def test_a_dot_model_keeps_the_length_of_its_vectors(encoder: BiEncoder) -> None:
    assert np.ptp(np.linalg.norm(encoder.encode_passages(TEXTS), axis=1)) > 0.1


@pytest.mark.parametrize("fixture", ["tiny_bert", "tiny_electra", "tiny_xlmr"])
def test_a_plain_checkpoint_is_mean_pooled(fixture: str, request: pytest.FixtureRequest) -> None:
    from transformers import AutoModel, AutoTokenizer

    folder: Path = request.getfixturevalue(fixture)
    model = AutoModel.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    inputs = tokenizer(list(SENTENCES), padding=True, return_tensors="pt")
    with torch.no_grad():
        hidden = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    expected = (hidden * mask).sum(1) / mask.sum(1)
    vectors = load_encoder(folder).encode_passages(SENTENCES)
    np.testing.assert_allclose(vectors, expected.numpy(), atol=TOLERANCE)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(range(len(TEXTS))), budget=st.integers(1, 400))
def test_order_and_size_of_batches_change_nothing(
    encoder: BiEncoder, order: list[int], budget: int
) -> None:
    whole = encoder.encode_passages(TEXTS)
    encoder.batch_tokens = budget
    shuffled = encoder.encode_passages([TEXTS[place] for place in order])
    np.testing.assert_allclose(shuffled, whole[order], atol=TOLERANCE)


def test_a_block_boundary_changes_nothing(
    encoder: BiEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = encoder.encode_passages(TEXTS)
    monkeypatch.setattr("arir.models.bi_encoder.encoder.BLOCK", 4)
    np.testing.assert_allclose(encoder.encode_passages(TEXTS), whole, atol=TOLERANCE)


def test_one_text_gives_the_same_as_many(encoder: BiEncoder) -> None:
    many = encoder.encode_batch(SENTENCES)
    one = encoder.encode(SENTENCES[3])
    assert one.shape == (encoder.dimension,)
    np.testing.assert_allclose(one, many[3], atol=TOLERANCE)


def test_no_text_gives_no_vector(encoder: BiEncoder) -> None:
    assert encoder.encode_passages([]).shape == (0, encoder.dimension)


def test_it_is_an_encoder_that_says_what_it_is(encoder: BiEncoder, tiny_bi_encoder: Path) -> None:
    assert isinstance(encoder, Encoder)
    assert (encoder.name, encoder.profile) == (str(tiny_bi_encoder), "none")
    assert encoder.encode_queries(["a"]).dtype == np.float32


def test_profile_then_prefix_then_length(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_bi_encoder, tmp_path / "m"))
    spec = replace(
        spec_from_folder(folder),
        profile="araelectra",
        query_prefix="q: ",
        passage_prefix="p: ",
        query_length=8,
    )
    write_model_manifest(folder, spec)
    encoder = load_encoder(folder)
    text = "تُعَدُّ (القاهرة) عاصمةَ مصر."
    assert normalise(text, "araelectra") != text
    expected = _reference(tiny_bi_encoder, ["p: " + normalise(text, "araelectra")])
    np.testing.assert_allclose(encoder.encode_passages([text]), expected, atol=TOLERANCE)
    long = "مصر " * 30
    expected = _reference(tiny_bi_encoder, ["q: مصر مصر مصر مصر"])
    np.testing.assert_allclose(encoder.encode_queries([long]), expected, atol=TOLERANCE)


def test_a_zero_vector_does_not_become_nan() -> None:
    vectors = unit_rows(np.array([[0, 0], [0, 2]], dtype=np.float32))
    assert vectors.dtype == np.float32
    assert vectors.tolist() == [[0, 0], [0, 1]]


def test_cut_texts_are_counted_and_told_of_once(
    tiny_bi_encoder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load_encoder(tiny_bi_encoder)
    long = " ".join(SENTENCES * 3)
    with caplog.at_level(logging.WARNING, "arir.models"):
        encoder.encode_passages([long, "قصير", long])
        encoder.encode_queries([long])
    assert encoder.truncation.count == 3
    assert [record.getMessage() for record in caplog.records] == [
        f"{tiny_bi_encoder}: texts longer than 96 tokens are cut"
    ]


def test_half_precision_stays_near(tiny_bi_encoder: Path, encoder: BiEncoder) -> None:
    exact = unit_rows(encoder.encode_passages(SENTENCES))
    for precision in ("bf16", "fp16"):
        half = load_encoder(tiny_bi_encoder, device="cpu", precision=precision)
        vectors = half.encode_passages(SENTENCES)
        assert vectors.dtype == np.float32
        assert np.abs(unit_rows(vectors) - exact).max() < 0.03
        assert np.abs(unit_rows(vectors) - exact).max() > 0


class TestFingerprint:
    """An index knows its encoder by content: not by path, and not by what lies beside it."""

    def test_is_the_same_wherever_the_folder_lies(
        self, encoder: BiEncoder, tiny_bi_encoder: Path, tmp_path: Path
    ) -> None:
        copy = Path(shutil.copytree(tiny_bi_encoder, tmp_path / "elsewhere"))
        (copy / "README.md").write_text("read me")
        (copy / "training_args.bin").write_text("arguments")
        shutil.copytree(tiny_bi_encoder, copy / "checkpoint-2000")
        assert load_encoder(copy).fingerprint == encoder.fingerprint

    def test_differs_between_weights(self, encoder: BiEncoder, tmp_path: Path) -> None:
        other = make_bi_encoder(tmp_path / "m", seed=1)
        assert load_encoder(other).fingerprint != encoder.fingerprint

    def test_differs_between_poolings(self, encoder: BiEncoder, tmp_path: Path) -> None:
        other = make_bi_encoder(tmp_path / "m", pooling="cls")
        assert load_encoder(other).fingerprint != encoder.fingerprint

    def test_covers_the_layers_behind_the_pooling(self, tmp_path: Path) -> None:
        folder = make_bi_encoder(tmp_path / "m", dense=8)
        before = load_encoder(folder).fingerprint
        weights = folder / "2_Dense" / "model.safetensors"
        other = make_bi_encoder(tmp_path / "other", dense=8, seed=1)
        shutil.copy(other / "2_Dense" / "model.safetensors", weights)
        assert load_encoder(folder).fingerprint != before

    @pytest.mark.parametrize(
        ("change", "same"),
        [
            ({"profile": "lucene"}, False),
            ({"passage_prefix": "p: "}, False),
            ({"passage_length": 16}, False),
            ({"similarity": "cosine"}, False),
            ({"query_length": 16, "query_prefix": "q: "}, True),
            ({"name": "other", "note": "words"}, True),
        ],
    )
    def test_covers_what_decides_a_passage(
        self, encoder: BiEncoder, change: dict[str, Any], same: bool
    ) -> None:
        other = BiEncoder(replace(encoder.spec, **change), encoder.model, encoder.folder)
        assert (other.fingerprint == encoder.fingerprint) is same

    def test_notices_weights_that_are_written_anew(
        self, tiny_bi_encoder: Path, tmp_path: Path
    ) -> None:
        folder = Path(shutil.copytree(tiny_bi_encoder, tmp_path / "m"))
        before = load_encoder(folder).fingerprint
        make_bi_encoder(folder, seed=2)
        assert load_encoder(folder).fingerprint != before
