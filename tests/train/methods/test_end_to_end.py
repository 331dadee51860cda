"""Every method, for each family that it trains: from files to a folder that others open."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from click.testing import CliRunner
from numpy.typing import NDArray
from safetensors.torch import load_file
from sentence_transformers import MultiVectorEncoder, SentenceTransformer
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from arir import load_late_encoder, load_reranker
from arir.artefacts import read_manifest
from arir.cli.train import command
from arir.config import from_mapping, from_yaml, to_dict
from arir.models.protocols import Candidate
from arir.models.registry import find_model
from arir.text import get_profile
from arir.train import METHODS, TrainReport, train
from arir.train.config import StudentConfig
from tests.train.material import PASSAGES, TOPICS, configured

#: of cosines in a loss on scores; inner products, logits and MaxSim are taken as they are
EXPECTED_SCALE = {"margins-bi-encoder-new": 20, "lists-bi-encoder-tiny_cosine_encoder": 20}
LENGTHS = {"query_length": 24, "passage_length": 40}
PAIR = {"pair_length": 64}


@dataclass(frozen=True)
class Case:
    """A method and what it is asked for; student and teacher are fixtures, or ``new``."""

    method: str
    family: str
    student: str
    settings: dict[str, Any]
    teacher: str | None = None
    files: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        loss = self.settings.get("loss") or "-".join(k for k in LOSSES if k in self.settings)
        return "-".join(filter(None, (self.method, self.family, self.student, loss)))


LOSSES = ("embedding_mse", "cosine_distance", "relational_kl", "transport", "contrast")
HARD = {"labels": "hard", "loss": "cross-entropy"}
CASES = [
    Case("margins", "bi-encoder", "new", {"similarity": "cosine"}),
    Case("margins", "bi-encoder", "tiny_electra", {"loss": "margin-mse", **LENGTHS}),
    Case("margins", "late-interaction", "new", {"dimension": 8}),
    Case("margins", "cross-encoder", "new", {"loss": "bce"}),
    Case("margins", "cross-encoder", "tiny_xlmr", {"loss": "margin-mse", **PAIR}),
    Case(
        "margins", "cross-encoder", "tiny_cross_encoder", {"labels": "hard", "loss": "bce"} | PAIR
    ),
    Case("lists", "bi-encoder", "tiny_cosine_encoder", {"similarity": "cosine", **LENGTHS}),
    Case("lists", "bi-encoder", "new", {"loss": "log-softmax-mse", "in_batch_weight": 0.5}),
    Case("lists", "late-interaction", "tiny_late_interaction", {"loss": "kl", **LENGTHS}),
    Case("lists", "cross-encoder", "tiny_electra", {"loss": "kl", **PAIR}),
    Case("lists", "cross-encoder", "tiny_bert", {**HARD, **PAIR}, files=("mined",)),
    Case("contrast", "bi-encoder", "tiny_bi_encoder", {"symmetric": True, **LENGTHS}),
    Case("contrast", "late-interaction", "tiny_xlmr", LENGTHS | {"dimension": 0}, files=("mined",)),
    Case("bitext", "bi-encoder", "tiny_bert", {"embedding_mse": 1.0} | LENGTHS, "tiny_bi_encoder"),
    Case(
        "bitext",
        "bi-encoder",
        "new",
        {"embedding_mse": 1.0, "projection": True, "similarity": "dot"},
        "tiny_bi_encoder",
    ),
    Case("bitext", "bi-encoder", "new", {"relational_kl": 1.0}, "tiny_bi_encoder"),
    Case(
        "bitext",
        "late-interaction",
        "tiny_late_interaction",
        {"transport": 1.0, "contrast": 0.5, **LENGTHS},
        "tiny_late_interaction",
    ),
    Case("bitext", "bi-encoder", "new", {"labels": "hard", "contrast": 1.0}),
    Case("masked-lm", "bi-encoder", "tiny_electra", LENGTHS),
]


def config_of(case: Case, folder: Path, request: pytest.FixtureRequest) -> StudentConfig:
    values: dict[str, Any] = {"family": case.family, **case.settings}
    if case.student != "new":
        values["student"] = str(request.getfixturevalue(case.student))
    if case.teacher is not None:
        values["teacher"] = request.getfixturevalue(case.teacher)
    if "mined" in case.files:
        values["mined"] = folder / "mined.jsonl"
    if case.method == "lists" and case.settings.get("labels") == "hard":
        values["teacher_scores"] = None
    return configured(case.method, folder, **values)


@dataclass(frozen=True)
class Trained:
    case: Case
    config: StudentConfig
    report: TrainReport


@pytest.fixture(scope="module", params=CASES, ids=lambda case: case.name)
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    case: Case = request.param
    config = config_of(case, tmp_path_factory.mktemp("trained"), request)
    return Trained(case, config, train(config))


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found = {}
    for file in sorted(folder.rglob("*.safetensors")):
        place = file.parent.relative_to(folder)
        found.update({f"{place}/{name}": values for name, values in load_file(file).items()})
    assert found
    return found


def plain_scores(folder: Path, family: str, query: str, texts: list[str]) -> NDArray[np.float32]:
    """What the library that the family belongs to makes of prepared texts, without arir."""
    if family == "cross-encoder":
        model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        tokenizer = AutoTokenizer.from_pretrained(folder)
        features = tokenizer(
            [query] * len(texts),
            texts,
            truncation="only_second",
            padding=True,
            return_tensors="pt",
        )
        with torch.inference_mode():
            return np.asarray(model(**features).logits[:, 0])
    if family == "late-interaction":
        late = MultiVectorEncoder(str(folder), device="cpu")
        queries = late.encode_query([query])
        return np.asarray(late.similarity(queries, late.encode_document(texts))[0])
    bi = SentenceTransformer(str(folder), device="cpu")
    return np.asarray(bi.similarity(bi.encode([query]), bi.encode(texts))[0])


def test_the_student_opens_without_arir_and_reranks_through_it_alike(trained: Trained) -> None:
    folder, spec = trained.report.output, find_model(trained.report.output)
    assert spec.family == trained.case.family
    prepare = get_profile(spec.profile)
    candidates = [Candidate(name, text) for name, text in PASSAGES.items()]
    query = TOPICS["q3"]
    ranked = load_reranker(folder, device="cpu").rerank(query, candidates)
    assert [item.score for item in ranked] == sorted((i.score for i in ranked), reverse=True)
    scores = {item.docid: item.score for item in ranked}
    plain = plain_scores(
        folder, spec.family, prepare(query), [prepare(text) for text in PASSAGES.values()]
    )
    assert np.isfinite(plain).all()
    assert len(set(plain.tolist())) > 1
    np.testing.assert_allclose([scores[name] for name in PASSAGES], plain, rtol=1e-3, atol=1e-3)


def test_training_moved_the_weights(trained: Trained, request: pytest.FixtureRequest) -> None:
    after = weights(trained.report.output)
    assert all(bool(torch.isfinite(values).all()) for values in after.values())
    if trained.case.student != "new":
        before = weights(request.getfixturevalue(trained.case.student))
        for name in ("word_embeddings.weight", "layer.1.attention.self.value.weight"):
            first, second = (
                next(v for k, v in found.items() if k.endswith(name)) for found in (before, after)
            )
            assert first.shape == second.shape
            assert not torch.allclose(first, second, atol=1e-5)


def test_the_manifest_states_what_happened(trained: Trained) -> None:
    manifest = read_manifest(trained.report.output)
    assert manifest is not None
    spec, facts = manifest.properties["spec"], manifest.properties["training"]
    assert (manifest.kind, spec["family"], manifest.seed) == (*[trained.case.family] * 2, 1)
    assert (facts["method"], facts["rows"]) == (trained.case.method, trained.report.rows)
    assert (facts["steps"], facts["unit"]) == (3, trained.report.unit)
    assert facts["last_loss"] == trained.report.last_loss
    assert facts["settings"] == to_dict(trained.config)
    assert facts["scale"] == EXPECTED_SCALE.get(trained.case.name, 1)
    for entry in manifest.inputs.values():
        path = Path(entry["path"])
        if path.is_file():
            assert entry["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    named = {str(path) for path in trained.report.output.parent.iterdir() if path.is_file()}
    assert {entry["path"] for entry in manifest.inputs.values()} <= named


def test_the_card_states_method_labels_teacher_and_data(trained: Trained) -> None:
    card = (trained.report.output / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    cross = trained.case.family == "cross-encoder"
    assert head["library_name"] == ("transformers" if cross else "sentence-transformers")
    assert f"| method | {trained.case.method} |" in card
    assert f"| steps | {trained.report.steps} |" in card
    hard = trained.case.settings.get("labels") == "hard" or trained.case.method == "contrast"
    assert ("| labels | hard (NoKD) |" in card) == hard
    kind = "trained on hard labels" if hard else "distilled"
    assert (f", {kind} with arir train" in card) == (trained.case.method != "masked-lm")
    if trained.case.teacher is not None:
        assert f"| teacher | name {trained.config.teacher[0]}" in card  # type: ignore[attr-defined]  # bitext's
    for key in LOSSES:
        if trained.case.method == "bitext" and key in trained.case.settings:
            assert key.replace("_", "-") in card.split("## Settings")[0]


def test_the_log_holds_every_step(trained: Trained) -> None:
    lines = (trained.report.output / "training/log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["step"] for entry in entries] == [1, 2, 3]
    losses = (entries[0]["loss"], entries[-1]["loss"])
    assert losses == (trained.report.first_loss, trained.report.last_loss)
    assert all(np.isfinite(entry["loss"]) for entry in entries)


def test_the_saved_settings_train_the_same_student_again(trained: Trained, tmp_path: Path) -> None:
    saved = from_yaml(trained.report.output / "training/config.json")
    again = from_mapping(METHODS[trained.case.method], saved | {"output": str(tmp_path / "again")})
    assert isinstance(again, StudentConfig)
    first, second = weights(trained.report.output), weights(train(again).output)
    assert first.keys() == second.keys()
    assert all(torch.equal(values, second[name]) for name, values in first.items())


def test_nothing_but_the_student_is_left(trained: Trained) -> None:
    folders = {path.name for path in trained.report.output.parent.iterdir() if path.is_dir()}
    assert not any(name.endswith((".partial", ".tmp")) for name in folders)


@pytest.mark.parametrize("method", [name for name in METHODS if name != "stages"])
def test_the_command_trains_by_every_method(
    request: pytest.FixtureRequest, tmp_path: Path, method: str
) -> None:
    case = next(case for case in CASES if case.method == method)
    config = config_of(case, tmp_path, request)
    recipe = tmp_path / "recipe.yaml"
    given = {key: value for key, value in to_dict(config).items() if value is not None}
    recipe.write_text(yaml.safe_dump(given), encoding="utf-8")
    result = CliRunner().invoke(command, [str(recipe), "--steps", "2"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    assert "2 steps in" in result.output
    assert f"student: {config.output}" in result.output
    assert find_model(config.output).family == case.family


def test_a_late_interaction_student_encodes_through_arir(
    tiny_late_interaction: Path, tmp_path: Path
) -> None:
    settings = {"student": str(tiny_late_interaction), **LENGTHS}
    report = train(configured("contrast", tmp_path, **settings))
    encoder = load_late_encoder(report.output, device="cpu")
    assert encoder.dimension == 16
