"""A model comes from this machine where it can, and an unreachable hub says what to do."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from arir.errors import ModelError
from arir.models.folders import spec_from_folder
from arir.models.hub import fetch_model, find_local, wanted_files
from arir.models.registry import find_model, registry
from tests.tiny import make_bi_encoder

KD = registry()["kd-aradpr"]


class Hub:
    """A hub of one repository, whose files are copied from a folder; it records what is asked."""

    def __init__(self, source: Path, target: Path) -> None:
        self.source, self.target = source, target
        self.asked: list[list[str]] = []

    def model_info(self, *_: Any, **__: Any) -> SimpleNamespace:
        names = [path.relative_to(self.source) for path in self.source.rglob("*") if path.is_file()]
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=str(name)) for name in names])

    def snapshot_download(self, *_: Any, allow_patterns: list[str], **__: Any) -> str:
        self.asked.append(allow_patterns)
        for name in allow_patterns:
            (self.target / name).parent.mkdir(parents=True, exist_ok=True)
            (self.target / name).write_bytes((self.source / name).read_bytes())
        return str(self.target)


def _put(monkeypatch: pytest.MonkeyPatch, hub: Any) -> None:
    def snapshot(*args: Any, local_files_only: bool = False, **options: Any) -> str:
        if local_files_only:
            raise FileNotFoundError
        return str(hub.snapshot_download(*args, **options))

    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: hub)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)


class Unreachable:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def model_info(self, *_: Any, **__: Any) -> None:
        raise self.error


def test_the_backbone_comes_last_so_that_a_broken_download_is_not_taken_for_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(make_bi_encoder(tmp_path / "source", dense=8), tmp_path / "target")
    _put(monkeypatch, hub)
    assert fetch_model(KD) == hub.target
    first, second, last = map(set, hub.asked)
    assert first == {name for name in last if not name.endswith("safetensors")}
    assert second - first == {"2_Dense/model.safetensors"}
    assert last - second == {"model.safetensors"}


def test_settings_of_an_unregistered_model_are_read_without_its_weights(
    tiny_cosine_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = Hub(tiny_cosine_encoder, tmp_path)
    _put(monkeypatch, hub)
    spec = find_model("some/model")
    assert (spec.name, spec.hub_id, spec.similarity) == ("some/model", "some/model", "cosine")
    assert spec.folder is None
    assert not (tmp_path / "model.safetensors").exists()


def test_a_finished_download_is_used_without_asking_the_hub(
    tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tiny_bi_encoder))
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: Unreachable(AssertionError("asked")))
    assert fetch_model(KD) == tiny_bi_encoder


def test_an_unfinished_download_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "2_Dense" / "model.safetensors").touch()
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tmp_path))
    assert find_local(KD) is None


def test_cached_settings_serve_when_the_hub_is_away(
    tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(tiny_bi_encoder))
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: Unreachable(OSError("away")))
    assert find_model("some/model").passage_length == spec_from_folder(tiny_bi_encoder).query_length


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (TimeoutError("timed out"), r"the model hub cannot be reached \(timed out\)"),
        (RuntimeError("[Errno -2] Name\nTraceback"), r"cannot be reached \(\[Errno -2\] Name\)"),
        (RuntimeError(), r"cannot be reached \(RuntimeError\)"),
        (OSError(28, "No space left on device"), "cannot store .* No space left on device"),
        (type("RepositoryNotFoundError", (Exception,), {})(), "gives no access to hatem"),
        (type("OfflineModeIsEnabled", (ConnectionError,), {})(), "HF_HUB_OFFLINE forbids"),
    ],
)
def test_an_unreachable_hub_gives_one_line_that_says_how_to_use_a_local_copy(
    error: Exception, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _put(monkeypatch, Unreachable(error))
    with pytest.raises(ModelError, match=message) as caught:
        fetch_model(KD)
    assert "\n" not in str(caught.value)
    assert "use a local copy: give its folder" in str(caught.value)
    assert "$ARIR_MODELS/NAME" in str(caught.value)


def test_a_hub_that_does_not_answer_is_given_up_within_seconds(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    # Nothing listens on the discard port of this machine.
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: _real_api("http://127.0.0.1:9"))
    started = time.monotonic()
    with pytest.raises(ModelError, match=r"cannot be reached|HF_HUB_OFFLINE"):
        fetch_model(KD)
    assert time.monotonic() - started < 5


def _real_api(endpoint: str) -> Any:
    from huggingface_hub.hf_api import HfApi

    return HfApi(endpoint=endpoint)


def test_only_what_loading_reads_is_downloaded() -> None:
    names = [
        ".gitattributes",
        "README.md",
        "1_Pooling/config.json",
        "colbert_linear.pt",
        "config.json",
        "flax_model.msgpack",
        "model.safetensors",
        "onnx/model.onnx",
        "onnx/config.json",
        "openvino/openvino_model.bin",
        "pytorch_model.bin",
        "pytorch_model.bin.index.json",
        "sentencepiece.bpe.model",
        "tf_model.h5",
        "training_args.bin",
        "vocab.txt",
    ]
    assert wanted_files(names) == [
        "1_Pooling/config.json",
        "config.json",
        "model.safetensors",
        "sentencepiece.bpe.model",
        "vocab.txt",
    ]
