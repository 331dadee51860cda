"""Weights in fp16: half the folder, the same scores everywhere, and nothing lost on the way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer
from transformers import AutoModel, AutoModelForSequenceClassification, AutoTokenizer

from arir.artefacts import read_manifest
from arir.errors import ConfigError, ModelError, OutputError
from arir.models.half import halve_weights
from arir.models.loading import load_encoder, load_late_encoder, load_reranker
from arir.models.protocols import Candidate
from arir.train import StagesConfig, TrainConfig, train, train_stages
from tests.train.material import QUICK, TINY, write_material

#: diacritics, tatweel, hamza on alef, teh marbuta and dotless yeh: all that the profile folds
RAW = "مُؤَسَّسَةٌ أُولى إلى آخِر الجـــزائر"
TEXTS = [RAW, "نهر النيل أطول أنهار العالم", "The Nile is the longest river in the world"]
FAMILIES = ("bi-encoder", "cross-encoder", "late-interaction")


def made(folder: Path, family: str, **changes: Any) -> TrainConfig:
    values = {**write_material(folder), **QUICK, **TINY, "student": "new", "family": family}
    return TrainConfig(**{**values, "output": folder / "student", "device": "cpu", **changes})


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A student of each family, trained twice alike: stored in fp32, and in fp16."""
    folder = tmp_path_factory.mktemp("weights")
    for stored in ("fp32", "fp16"):
        config = made(folder, request.param, output=folder / stored, weights=stored)
        train(config)
    return request.param, folder / "fp32", folder / "fp16"


def scores(family: str, folder: Path) -> np.ndarray[Any, Any]:
    """What arir computes: vectors of passages, or scores of pairs."""
    if family == "bi-encoder":
        return load_encoder(folder, device="cpu").encode_passages(TEXTS)
    if family == "late-interaction":
        return load_late_encoder(folder, device="cpu").encode_passages(TEXTS).values
    candidates = [Candidate(str(place), text, 0.0) for place, text in enumerate(TEXTS)]
    found = load_reranker(folder, device="cpu").rerank(RAW, candidates)
    ordered = sorted(found, key=lambda candidate: candidate.docid)
    return np.array([candidate.score for candidate in ordered])


def plain(family: str, folder: Path) -> np.ndarray[Any, Any]:
    """What sentence-transformers computes of the raw texts, left to itself."""
    path, pairs = str(folder), [(RAW, text) for text in TEXTS]
    if family == "bi-encoder":
        found: np.ndarray[Any, Any] = SentenceTransformer(path, device="cpu").encode(TEXTS)
        return found
    if family == "cross-encoder":
        return np.asarray(CrossEncoder(path, device="cpu").predict(pairs))
    encoder = MultiVectorEncoder(path, device="cpu")
    return np.concatenate([np.asarray(part) for part in encoder.encode_document(TEXTS)])


def dtypes(folder: Path) -> set[torch.dtype]:
    files = folder.rglob("*.safetensors")
    return {tensor.dtype for file in files for tensor in load_file(file).values()}


def test_fp16_halves_the_weights_and_keeps_the_scores(pair: tuple[str, Path, Path]) -> None:
    family, whole, half = pair
    sizes = [sum(p.stat().st_size for p in f.rglob("*.safetensors")) for f in (whole, half)]
    assert dtypes(half) == {torch.float16}
    assert torch.float32 in dtypes(whole)
    assert sizes[1] < 0.6 * sizes[0]
    np.testing.assert_allclose(scores(family, half), scores(family, whole), atol=1e-3)


def test_raw_text_needs_no_arir_to_get_the_same_scores_of_a_half_folder(
    pair: tuple[str, Path, Path],
) -> None:
    """The tokeniser folds letters as the profile does, and every library computes in fp32."""
    family, _, half = pair
    manifest = read_manifest(half)
    assert manifest is not None
    assert manifest.properties["spec"]["profile"] == "lucene"
    np.testing.assert_allclose(plain(family, half), scores(family, half), atol=1e-5)


def test_transformers_opens_a_half_folder_in_single_precision(
    pair: tuple[str, Path, Path],
) -> None:
    family, _, half = pair
    assert json.loads((half / "config.json").read_text())["dtype"] == "float32"
    with safe_open(half / "model.safetensors", framework="pt") as opened:
        assert opened.metadata() == {"format": "pt"}
    if family != "cross-encoder":
        assert AutoModel.from_pretrained(half).dtype == torch.float32
        return
    model = AutoModelForSequenceClassification.from_pretrained(half).eval()
    assert model.dtype == torch.float32
    tokenizer = AutoTokenizer.from_pretrained(half)
    features = tokenizer([RAW] * len(TEXTS), TEXTS, padding=True, return_tensors="pt")
    with torch.inference_mode():
        logits = model(**features).logits[:, 0].numpy()
    np.testing.assert_allclose(logits, scores(family, half), atol=1e-5)


def test_a_half_folder_may_be_trained_on(pair: tuple[str, Path, Path], tmp_path: Path) -> None:
    _, _, half = pair
    shape = dict.fromkeys(TINY)
    config = made(tmp_path, pair[0], student=str(half), **shape)
    train(config)
    assert torch.float16 not in dtypes(config.output)
    before, after = load_file(half / "model.safetensors"), config.output / "model.safetensors"
    moved = load_file(after)
    assert any(not torch.equal(before[name].float(), moved[name]) for name in before)


def test_whoever_may_read_the_card_may_read_half_weights(pair: tuple[str, Path, Path]) -> None:
    mode = (pair[2] / "README.md").stat().st_mode
    assert {path.stat().st_mode for path in pair[2].rglob("*.safetensors")} == {mode}
    assert not list(pair[2].rglob("*.half"))


def test_numbers_that_are_no_weights_stay_as_they_are(tmp_path: Path) -> None:
    tensors = {"w": torch.tensor([0.1, -3.0]), "ids": torch.arange(70_000), "on": torch.ones(2) > 0}
    save_file(tensors, tmp_path / "m.safetensors", {"format": "pt"})
    halve_weights(tmp_path, tmp_path)
    halved = load_file(tmp_path / "m.safetensors")
    assert halved["w"].dtype == torch.float16
    assert torch.equal(halved["ids"], tensors["ids"])
    assert torch.equal(halved["on"], tensors["on"])


@pytest.mark.parametrize(
    ("value", "shown"), [(65_520.0, "6.552e\\+04"), (-1e9, "1e\\+09"), (float("nan"), "nan")]
)
def test_weights_beyond_fp16_are_refused_and_left_whole(
    tmp_path: Path, value: float, shown: str
) -> None:
    save_file({"layer.weight": torch.tensor([1.0, value])}, tmp_path / "m.safetensors")
    before = (tmp_path / "m.safetensors").read_bytes()
    message = f"out: layer.weight reaches {shown}, and fp16 ends at 65504; .*--weights fp32"
    with pytest.raises(ModelError, match=message):
        halve_weights(tmp_path, Path("out"))
    assert (tmp_path / "m.safetensors").read_bytes() == before


def test_the_greatest_number_of_fp16_is_kept(tmp_path: Path) -> None:
    save_file({"w": torch.tensor([65_504.0])}, tmp_path / "m.safetensors")
    halve_weights(tmp_path, tmp_path)
    assert load_file(tmp_path / "m.safetensors")["w"].item() == 65_504


def test_a_disk_too_full_for_half_weights_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors import SafetensorError
    from safetensors import torch as written

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    save_file({"w": torch.ones(2)}, tmp_path / "m.safetensors")
    monkeypatch.setattr(written, "save_file", full)
    with pytest.raises(OutputError, match="student: the weights cannot be written"):
        halve_weights(tmp_path, Path("student"))


def test_a_training_whose_weights_do_not_fit_goes_on_from_its_checkpoint_in_fp32(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(folder: Path, output: Path) -> None:
        raise ModelError("w reaches 1e+09, and fp16 ends at 65504", where=output, fix="fp32")

    config = made(tmp_path, "bi-encoder", weights="fp16", checkpoint_every=1)
    monkeypatch.setattr("arir.train.output.halve_weights", overflow)
    with pytest.raises(ModelError, match="fp16 ends at"):
        train(config)
    assert not config.output.exists()
    again = made(tmp_path, "bi-encoder", weights="fp32", checkpoint_every=1)
    with pytest.warns(UserWarning, match="going on from .*checkpoint"):
        train(again)
    assert dtypes(config.output) == {torch.float32}


def staged(folder: Path, **changes: Any) -> StagesConfig:
    paths = write_material(folder)
    margins = {"method": "margins", "teacher_scores": str(paths["teacher_scores"])}
    values = {
        "output": folder / "student",
        "student": "new",
        "device": "cpu",
        "corpus": paths["corpus"],
        "topics": paths["topics"],
        **{key: value for key, value in QUICK.items() if key != "seed"},
        **TINY,
        "stages": [{"name": "first", **margins}, {"name": "second", **margins}],
    }
    return StagesConfig(**{**values, **changes})


def test_of_stages_the_last_student_alone_is_halved(tmp_path: Path) -> None:
    config = staged(tmp_path, weights="fp16", keep_stages=True)
    train_stages(config)
    assert dtypes(config.output) == {torch.float16}
    assert dtypes(config.folder / "first") == {torch.float32}
    assert load_encoder(config.output, device="cpu").encode("النيل").dtype == np.float32
    mode = (config.output / "README.md").stat().st_mode
    assert (config.output / "model.safetensors").stat().st_mode == mode


def test_a_stage_has_no_number_format_of_its_own(tmp_path: Path) -> None:
    stages = [dict(stage) for stage in staged(tmp_path).stages]
    stages[0]["weights"] = "fp16"
    with pytest.raises(ConfigError, match="stage first: weights belongs beside the stages"):
        staged(tmp_path, stages=stages)


def test_an_unknown_number_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="weights"):
        made(tmp_path, "bi-encoder", weights="int8")
