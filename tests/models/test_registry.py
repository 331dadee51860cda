"""Models are found by name, folder or hub id, and come with the settings that make them right."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from arir.errors import ConfigError, ModelError
from arir.models.registry import find_model, list_models, parse_registry, registry
from arir.models.spec import ModelSpec

BACKBONES = {"aradpr": "AraDPR", "araelectra": "AraElectra", "mminilm": "mMiniLML"}
ENTRY = "models: {m: {family: bi-encoder, similarity: dot, query_length: 8, passage_length: 8"


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("kind", ["kd", "nokd"])
def test_the_twelve_published_models_keep_their_ids_and_settings(backbone: str, kind: str) -> None:
    prefix = "hatemestinbejaia/mmarco-Arabic-"
    label = {"kd": "KD", "nokd": "NoKD"}[kind]
    bi, cross = registry()[f"{kind}-{backbone}"], registry()[f"{kind}-{backbone}-ce"]
    assert bi.hub_id == f"{prefix}{BACKBONES[backbone]}-bi-encoder-{label}-v1"
    assert cross.hub_id == f"{prefix}{BACKBONES[backbone]}-cross-encoder-{label}-v1"
    assert (bi.family, bi.pooling, bi.similarity) == ("bi-encoder", "mean", "cosine")
    assert (cross.family, cross.pair_length) == ("cross-encoder", 256)
    assert bi.profile == cross.profile == "araelectra"
    assert bi.passage_length == (128 if backbone == "mminilm" else 512)


def test_e5_models_keep_the_prefixes_without_which_they_are_weak() -> None:
    e5 = [spec for spec in list_models() if spec.name.startswith("multilingual-e5")]
    assert len(e5) == 3
    assert {(spec.query_prefix, spec.passage_prefix) for spec in e5} == {("query: ", "passage: ")}


def test_every_name_and_every_hub_id_is_used_once() -> None:
    specs = list(registry().values())
    assert len({spec.hub_id for spec in specs}) == len(specs) >= 24
    assert len({spec.name for spec in list_models()}) == len(list_models())
    assert all(name == spec.name for name, spec in registry().items())
    assert all(len(spec.revision) == 40 for spec in specs if spec.revision is not None)


def test_a_family_lists_its_own_models_alone() -> None:
    families = ("bi-encoder", "cross-encoder", "late-interaction")
    listed = [list_models(family) for family in families]
    assert all(spec.family == "cross-encoder" for spec in listed[1])
    assert sum(map(len, listed)) == len(list_models())


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (", poolin: mean}}", r"reg\.yaml: m: unknown key 'poolin' \(did you mean pooling"),
        (", pooling: middle}}", "reg.yaml: m: pooling"),
        (", pair_length: 9}}", "reg.yaml: m: .*a bi-encoder has no pair_length"),
        (", profile: camelbert}}", "reg.yaml: m: .*unknown profile 'camelbert'"),
    ],
)
def test_a_wrong_registry_entry_is_named(entry: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_registry(ENTRY + entry, "reg.yaml")


def test_a_cross_encoder_needs_its_pair_length() -> None:
    with pytest.raises(ConfigError, match="a cross-encoder needs pair_length"):
        ModelSpec(name="m", family="cross-encoder")


def test_a_mistyped_name_gets_the_nearest_ones() -> None:
    with pytest.raises(ModelError, match="no model 'kd-aradrp'; did you mean kd-aradpr"):
        find_model("kd-aradrp")
    with pytest.raises(ModelError, match='"arir models list" shows all names'):
        find_model("xyz")


@pytest.mark.parametrize("path", ["./nowhere", "/nowhere/at/all", "a/b/c"])
def test_a_mistyped_path_is_not_sought_on_the_hub(path: str) -> None:
    with pytest.raises(ModelError, match=f"{path}: no such folder"):
        find_model(path)


def test_the_hub_id_of_a_registered_model_takes_its_settings() -> None:
    assert find_model("intfloat/multilingual-e5-small") == registry()["multilingual-e5-small"]


def test_a_folder_named_as_a_registered_model_takes_its_settings(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_bi_encoder, tmp_path / "kd-aradpr")
    spec = find_model(folder)
    assert spec.folder == folder
    assert (spec.name, spec.profile, spec.similarity) == ("kd-aradpr", "araelectra", "cosine")


def test_a_folder_of_the_other_family_does_not_take_a_registered_name(
    tiny_cross_encoder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny_cross_encoder, tmp_path / "kd-aradpr")
    with pytest.raises(ModelError, match="bi-encoder kd-aradpr but holds a cross-encoder; rename"):
        find_model(folder)


def test_a_folder_without_a_model_does_not_hide_a_registered_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kd-aradpr").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_model("kd-aradpr").folder is None


def test_arir_models_goes_before_the_hub(
    tiny_bi_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("kd-aradpr", "my-student"):
        shutil.copytree(tiny_bi_encoder, tmp_path / name)
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path))
    assert find_model("kd-aradpr").folder == tmp_path / "kd-aradpr"
    assert find_model("kd-aradpr").profile == "araelectra"
    assert find_model("my-student").folder == tmp_path / "my-student"
    assert find_model("bge-m3").folder is None
