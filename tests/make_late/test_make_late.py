"""A bi-encoder becomes late interaction: the same weights, compared token by token."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import MultiVectorEncoder, SentenceTransformer

from arir.artefacts import read_manifest
from arir.cli.main import main
from arir.errors import ConfigError, ModelError, OutputError
from arir.make_late.config import MakeLateConfig
from arir.make_late.service import MakeLateReport, make_late
from arir.models.loading import load_late_encoder, load_reranker
from arir.models.protocols import Candidate
from arir.models.registry import find_model
from tests.tiny import SENTENCES, make_bi_encoder

QUERY = "ما هي عاصمة الجزائر ؟"
PASSAGE = SENTENCES[2]


def made(model: Path, folder: Path, **settings: Any) -> MakeLateReport:
    return make_late(MakeLateConfig(model=str(model), output=folder / "late", **settings))


def token_vectors(model: Path, text: str) -> torch.Tensor:
    opened = SentenceTransformer(str(model), device="cpu").eval()
    with torch.no_grad():
        vectors = opened(opened.preprocess([text]))["token_embeddings"][0]
    return torch.nn.functional.normalize(vectors, dim=-1)


def test_its_token_vectors_are_those_that_the_bi_encoder_pools(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    made(tiny_cosine_encoder, tmp_path)
    late = load_late_encoder(str(tmp_path / "late"), device="cpu")
    found = late.encode_queries([QUERY]).values
    np.testing.assert_allclose(found, token_vectors(tiny_cosine_encoder, QUERY), atol=1e-5)


def test_it_scores_by_maxsim(tiny_cosine_encoder: Path, tmp_path: Path) -> None:
    made(tiny_cosine_encoder, tmp_path)
    reranker = load_reranker(str(tmp_path / "late"), device="cpu")
    (scored,) = reranker.rerank(QUERY, [Candidate("d", PASSAGE, 0.0)])
    query, passage = (token_vectors(tiny_cosine_encoder, text) for text in (QUERY, PASSAGE))
    assert scored.score == pytest.approx((query @ passage.T).max(1).values.sum().item(), abs=1e-4)


def test_plain_sentence_transformers_opens_it(tiny_cosine_encoder: Path, tmp_path: Path) -> None:
    made(tiny_cosine_encoder, tmp_path, passage_length=40)
    model = MultiVectorEncoder(str(tmp_path / "late"), device="cpu", local_files_only=True)
    late = load_late_encoder(str(tmp_path / "late"), device="cpu")
    plain = np.asarray(model.encode_document([PASSAGE])[0])
    np.testing.assert_allclose(plain, late.encode_passages([PASSAGE]).values, atol=1e-5)


def test_weights_stay_and_can_be_halved(tiny_cosine_encoder: Path, tmp_path: Path) -> None:
    made(tiny_cosine_encoder, tmp_path / "whole")
    made(tiny_cosine_encoder, tmp_path / "half", weights="fp16")
    own, whole, half = (
        load_file(folder / "model.safetensors")
        for folder in (tiny_cosine_encoder, tmp_path / "whole/late", tmp_path / "half/late")
    )
    assert own.keys() == whole.keys() == half.keys()
    assert all(torch.equal(own[key], whole[key]) for key in own)
    assert {tensor.dtype for tensor in half.values()} == {torch.float16}


def test_lengths_prefixes_and_profile_are_the_bi_encoders(tmp_path: Path) -> None:
    prompts = {"query": "query: ", "passage": "passage: "}
    model = make_bi_encoder(tmp_path / "model", prompts=prompts)
    base = find_model(str(model))
    spec = made(model, tmp_path).spec
    kept = ("query_prefix", "passage_prefix", "profile", "query_length", "passage_length")
    assert [getattr(spec, key) for key in kept] == [getattr(base, key) for key in kept]
    assert find_model(str(tmp_path / "late")).family == "late-interaction"
    report = made(model, tmp_path / "other", query_length=20, passage_length=30)
    assert (report.spec.query_length, report.spec.passage_length) == (20, 30)


def test_manifest_and_card_say_what_it_was_made_from(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    made(tiny_cosine_encoder, tmp_path)
    manifest = read_manifest(tmp_path / "late")
    assert manifest is not None
    assert manifest.kind == "late-interaction"
    assert manifest.inputs["model"]["path"] == str(tiny_cosine_encoder)
    assert manifest.properties["training"]["student"] == str(tiny_cosine_encoder)
    card = (tmp_path / "late/README.md").read_text(encoding="utf-8")
    assert "not trained further" in card
    assert json.dumps(str(tiny_cosine_encoder)) in card


@pytest.mark.parametrize("fixture", ["tiny_cross_encoder", "tiny_late_interaction"])
def test_other_families_are_refused(
    fixture: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(ModelError, match="not a bi-encoder"):
        made(request.getfixturevalue(fixture), tmp_path)
    assert not (tmp_path / "late").exists()


def test_lengths_beyond_the_positions_are_refused(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="tokens at most, not 5000"):
        made(tiny_cosine_encoder, tmp_path, passage_length=5000)
    assert not (tmp_path / "late").exists()


def test_a_folder_is_replaced_only_where_asked(tiny_cosine_encoder: Path, tmp_path: Path) -> None:
    made(tiny_cosine_encoder, tmp_path)
    with pytest.raises(OutputError, match="late"):
        made(tiny_cosine_encoder, tmp_path)
    made(tiny_cosine_encoder, tmp_path, overwrite=True, passage_length=24)
    assert find_model(str(tmp_path / "late")).passage_length == 24


def test_the_command_says_what_it_made_and_ends_with_the_code_of_the_error(
    tiny_cosine_encoder: Path,
    tiny_cross_encoder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    output = str(tmp_path / "late")
    with pytest.raises(SystemExit) as stopped:
        main(["make-late", str(tiny_cosine_encoder), "--output", output, "--passage-length", "33"])
    assert not stopped.value.code
    assert "32 dimensions, passages of 33 tokens" in capsys.readouterr().out
    with pytest.raises(SystemExit) as stopped:
        main(["make-late", str(tiny_cross_encoder), "--output", str(tmp_path / "other")])
    assert stopped.value.code == ModelError.exit_code
    assert "name a bi-encoder" in capsys.readouterr().err
    assert ConfigError.exit_code != ModelError.exit_code
