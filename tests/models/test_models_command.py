"""``arir models`` shows what the registry holds, and where a model would come from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from arir.cli import main
from arir.models.registry import registry


def _run(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["models", *arguments])
    output = capsys.readouterr()
    return int(stopped.value.code or 0), output.out, output.err


@pytest.fixture(autouse=True)
def _no_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("ARIR_MODELS", raising=False)


def test_list_names_every_model_with_its_hub_id(capsys: pytest.CaptureFixture[str]) -> None:
    status, output, _ = _run(["list"], capsys)
    assert status == 0
    for spec in registry().values():
        assert any({spec.name, spec.hub_id} <= set(line.split()) for line in output.splitlines())


def test_list_of_a_family_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    _, output, _ = _run(["list", "--family", "cross-encoder", "--format", "json"], capsys)
    models = json.loads(output)
    assert {model["family"] for model in models} == {"cross-encoder"}
    assert "kd-aradpr-ce" in {model["name"] for model in models}


def test_list_says_what_is_on_this_machine(
    tiny_bi_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(tiny_bi_encoder, tmp_path / "kd-aradpr")
    monkeypatch.setenv("ARIR_MODELS", str(tmp_path))
    _, output, _ = _run(["list", "--format", "csv"], capsys)
    local = [line.split(",")[0] for line in output.splitlines() if line.endswith(",yes")]
    assert local == ["kd-aradpr"]


def test_show_gives_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    status, output, _ = _run(["show", "multilingual-e5-small"], capsys)
    assert status == 0
    for text in ("intfloat/multilingual-e5-small", '"passage: "', "cosine", "the model hub", "MIT"):
        assert text in output


def test_show_a_local_folder_as_json(
    tiny_cross_encoder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, output, _ = _run(["show", str(tiny_cross_encoder), "--format", "json"], capsys)
    shown = json.loads(output)
    assert shown["family"] == "cross-encoder"
    assert shown["loaded_from"] == str(tiny_cross_encoder)


def test_an_unknown_name_exits_with_5_and_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    status, output, error = _run(["show", "kd-aradrp"], capsys)
    assert (status, output) == (5, "")
    assert error.startswith("arir: error: no model 'kd-aradrp'; did you mean kd-aradpr")
    assert error.count("\n") == 1
