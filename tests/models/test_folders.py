"""A folder's own settings are read as its tool means them, and ours survive the round trip."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from arir.artefacts import Manifest, write_manifest
from arir.errors import DataError, ModelError
from arir.models.folders import saved_spec, spec_from_folder, write_model_manifest
from arir.models.registry import find_model
from arir.models.spec import ModelSpec
from tests.tiny import MAX_LENGTH, make_bi_encoder

STUDENT = ModelSpec(
    name="student",
    family="bi-encoder",
    similarity="dot",
    query_length=32,
    passage_length=64,
    query_prefix="سؤال: ",
    profile="araelectra",
    languages=("ar",),
)


def _edit(path: Path, **values: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.fixture
def copy(tiny_bi_encoder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bi_encoder, tmp_path / "copy"))


def test_a_saved_student_gets_its_settings_back(copy: Path) -> None:
    before = (copy / "config.json").read_bytes()
    write_model_manifest(copy, STUDENT, seed=7, properties={"loss": "margin-mse"})
    assert (copy / "config.json").read_bytes() == before
    found = find_model(copy)
    assert found.folder == copy
    assert {name: getattr(found, name) for name in ("profile", "query_prefix", "languages")} == {
        "profile": "araelectra",
        "query_prefix": "سؤال: ",
        "languages": ("ar",),
    }
    assert (found.query_length, found.passage_length) == (32, 64)


def test_a_manifest_goes_before_a_registered_name(copy: Path, tmp_path: Path) -> None:
    folder = copy.rename(tmp_path / "kd-aradpr")
    write_model_manifest(folder, STUDENT)
    assert find_model(folder).query_length == 32


def test_an_index_is_not_taken_for_a_model(tmp_path: Path) -> None:
    write_manifest(tmp_path, Manifest("dense-index", {"dimension": 8}))
    with pytest.raises(ModelError, match="holds a dense-index, not a model"):
        find_model(tmp_path)


def test_settings_of_a_newer_version_are_named(copy: Path) -> None:
    write_model_manifest(copy, STUDENT)
    values = json.loads((copy / "manifest.json").read_text())
    values["properties"]["spec"]["colour"] = "blue"
    (copy / "manifest.json").write_text(json.dumps(values))
    with pytest.raises(ModelError, match=r"manifest\.json: unusable .*unknown key 'colour'"):
        saved_spec(copy)


def test_a_damaged_manifest_is_named(copy: Path) -> None:
    (copy / "manifest.json").write_text("{")
    with pytest.raises(DataError, match=r"manifest\.json: damaged manifest"):
        find_model(copy)


def test_sentence_transformers_settings_are_read(tmp_path: Path) -> None:
    prompts = {"query": "q: ", "passage": "p: "}
    make_bi_encoder(tmp_path / "m", similarity="cosine", prompts=prompts, max_length=40)
    spec = spec_from_folder(tmp_path / "m")
    assert spec.similarity == "cosine"
    assert (spec.query_prefix, spec.passage_prefix) == ("q: ", "p: ")
    assert (spec.query_length, spec.passage_length) == (40, 40)


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        ({"document": "d: ", "corpus": "c: "}, None, ("", "d: ")),
        ({"corpus": "c: "}, None, ("", "c: ")),
        ({"any": "a: "}, "any", ("a: ", "a: ")),
        ({}, None, ("", "")),
    ],
)
def test_prompts_are_chosen_as_sentence_transformers_does(
    copy: Path, prompts: dict[str, str], default: str | None, expected: tuple[str, str]
) -> None:
    config = copy / "config_sentence_transformers.json"
    _edit(config, prompts=prompts, default_prompt_name=default)
    spec = spec_from_folder(copy)
    assert (spec.query_prefix, spec.passage_prefix) == expected


def test_an_undeclared_similarity_is_cosine_as_in_sentence_transformers(copy: Path) -> None:
    _edit(copy / "config_sentence_transformers.json", similarity_fn_name=None)
    assert spec_from_folder(copy).similarity == "cosine"


def test_a_distance_cannot_be_searched_by_inner_product(copy: Path) -> None:
    _edit(copy / "config_sentence_transformers.json", similarity_fn_name="euclidean")
    with pytest.raises(ModelError, match="similarity is euclidean"):
        spec_from_folder(copy)


def test_lengths_of_older_and_newer_sentence_transformers_are_read(copy: Path) -> None:
    _edit(copy / "sentence_bert_config.json", max_seq_length=24)
    assert spec_from_folder(copy).passage_length == 24
    _edit(copy / "sentence_bert_config.json", query_length=8, document_length=16)
    spec = spec_from_folder(copy)
    assert (spec.query_length, spec.passage_length) == (8, 16)


def test_positions_that_xlmr_keeps_for_padding_hold_no_token(tiny_xlmr: Path) -> None:
    config = json.loads((tiny_xlmr / "config.json").read_text())
    assert config["max_position_embeddings"] == MAX_LENGTH + 2
    assert spec_from_folder(tiny_xlmr).passage_length == MAX_LENGTH


def test_a_huge_declared_length_is_kept_to_the_positions(tiny_bert: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_bert, tmp_path / "m"))
    _edit(folder / "tokenizer_config.json", model_max_length=int(1e30))
    assert spec_from_folder(folder).query_length == MAX_LENGTH


def test_families_are_told_apart(
    tiny_bi_encoder: Path, tiny_cross_encoder: Path, tiny_electra: Path
) -> None:
    assert spec_from_folder(tiny_bi_encoder).family == "bi-encoder"
    assert spec_from_folder(tiny_electra).family == "bi-encoder"
    assert spec_from_folder(tiny_cross_encoder).family == "cross-encoder"


def test_the_pooling_of_a_plain_encoder_is_an_assumption_that_is_told(
    tiny_bert: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spec = spec_from_folder(tiny_bert)
    assert (spec.pooling, spec.similarity) == ("mean", "dot")
    assert [record.getMessage() for record in caplog.records] == [
        f"{tiny_bert}: a plain encoder; assuming mean pooling and inner product"
    ]


def test_a_cross_encoder_saved_by_sentence_transformers_is_recognised(
    tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(tiny_cross_encoder), device="cpu").save_pretrained(
        str(tmp_path / "m"), create_model_card=False
    )
    assert (tmp_path / "m" / "modules.json").is_file()
    assert spec_from_folder(tmp_path / "m").family == "cross-encoder"


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="the folder holds no model"):
        find_model(tmp_path)


def test_a_damaged_configuration_is_named(tiny_bert: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_bert, tmp_path / "m"))
    (folder / "config.json").write_text("{")
    with pytest.raises(ModelError, match=r"config\.json: damaged model"):
        find_model(folder)
