"""A training from files to a folder that speaks for itself; twins differ in their labels alone."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml
from safetensors import SafetensorError
from sentence_transformers import SentenceTransformer
from transformers import AutoModel

from arir import load_encoder
from arir.artefacts import read_manifest
from arir.config import from_mapping, from_yaml
from arir.data.teacher_join import MissingTextWarning
from arir.errors import ConfigError, DataError, DependencyError, ModelError, OutputError
from arir.text import normalise
from arir.train import TrainConfig, TrainReport, train
from arir.train.objectives import ListObjective
from tests.train.material import PASSAGES, ROWS, settings, write_scores
from tests.train.preparing import prepared


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained")


@pytest.fixture(scope="module")
def report(folder: Path) -> TrainReport:
    config = settings(folder, similarity="cosine", held_out=1, passage_length=32)
    write_scores(config.teacher_scores, [*ROWS, (1.0, 0.5, "lost", "p1", "p2")])
    side = config.teacher_scores.with_name("scores.tsv.meta.yaml")
    side.write_text("teacher: org/english\nscale: logit\nlicence: MIT\n", encoding="utf-8")
    with warnings.catch_warnings():
        # Whether the row is missing or held out is the draw's to decide.
        warnings.simplefilter("ignore", MissingTextWarning)
        return train(config)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return SentenceTransformer(str(folder), device="cpu").state_dict()


def test_the_report_counts_what_was_done(report: TrainReport, folder: Path) -> None:
    assert report.output == folder / "student"
    assert (report.method, report.unit, report.steps) == ("margins", "triples", 3)
    facts = report.facts
    assert facts["triples"] == report.rows
    assert report.rows + facts["missing"] + held_out_rows(folder) == len(ROWS) + 1
    assert facts["held_out"] == 1
    assert report.first_loss > 0
    assert report.seconds > 0


def held_out_rows(folder: Path) -> int:
    held_out = (folder / "student/training/held_out.txt").read_text().split()
    rows = (folder / "scores.tsv").read_text().splitlines()
    return sum(row.split("\t")[2] in held_out for row in rows)


def test_the_folder_opens_with_sentence_transformers_and_with_arir_alike(
    report: TrainReport,
) -> None:
    plain = SentenceTransformer(str(report.output), device="cpu")
    encoder = load_encoder(report.output, device="cpu")
    texts = list(PASSAGES.values())
    expected = plain.encode([normalise(t, "lucene") for t in texts], normalize_embeddings=True)
    np.testing.assert_allclose(encoder.encode_passages(texts), expected, atol=1e-5)
    assert plain.max_seq_length == 64
    assert plain.similarity_fn_name == "cosine"
    # The tokeniser folds letters too, so that raw text gives the same vectors.
    np.testing.assert_allclose(plain.encode(texts, normalize_embeddings=True), expected, atol=1e-6)


def test_whoever_may_read_the_card_may_read_the_weights(report: TrainReport) -> None:
    mode = (report.output / "README.md").stat().st_mode
    weights = list(report.output.rglob("*.safetensors"))
    assert weights
    assert {path.stat().st_mode for path in weights} == {mode}


def test_the_manifest_says_what_the_student_is_and_was_made_of(
    report: TrainReport, folder: Path
) -> None:
    manifest = read_manifest(report.output)
    assert manifest is not None
    spec, facts = manifest.properties["spec"], manifest.properties["training"]
    assert (manifest.kind, manifest.seed) == ("bi-encoder", 1)
    assert (spec["name"], spec["profile"], spec["similarity"]) == ("student", "lucene", "cosine")
    assert (spec["query_length"], spec["passage_length"]) == (64, 32)
    assert facts["teacher"] == {"name": "org/english", "scale": "logit", "licence": "MIT"}
    assert facts.items() >= report.facts.items()
    assert (facts["method"], facts["loss"], facts["scale"]) == ("margins", "margin-mse-l1", 20)
    assert (facts["rows"], facts["steps"], facts["dev"]) == (report.rows, 3, None)
    assert set(manifest.inputs) == {"teacher_scores 1", "teacher_scores 2", "corpus", "topics"}
    for entry in manifest.inputs.values():
        digest = hashlib.sha256(Path(entry["path"]).read_bytes()).hexdigest()
        assert entry["sha256"] == digest


def test_the_log_holds_every_interval(report: TrainReport) -> None:
    lines = (report.output / "training/log.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    assert [entry["step"] for entry in entries] == [1, 2, 3]
    assert set(entries[0]) == {"step", "loss", "lr", "seconds", "rate"}
    assert (entries[0]["loss"], entries[-1]["loss"]) == (report.first_loss, report.last_loss)


def test_the_saved_settings_train_the_same_student_again(
    report: TrainReport, tmp_path: Path
) -> None:
    saved = from_yaml(report.output / "training/config.json")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MissingTextWarning)
        again = train(from_mapping(TrainConfig, saved | {"output": str(tmp_path / "again")}))
    first, second = weights(report.output), weights(again.output)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_the_card_states_facts(report: TrainReport) -> None:
    card = (report.output / "README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["library_name"] == "sentence-transformers"
    assert "| teacher | name org/english, scale logit, licence MIT |" in card
    rows = {
        "student": "new, random weights",
        "method": "margins",
        "labels": "teacher",
        "student scale": "20",
        "loss": "margin-mse-l1",
        "examples": f"{report.rows} triples, in steps of 4 x 1",
        "held out": "1",
        "steps": "3",
        "last loss": f"{report.last_loss:.4g}",
        "seed": "1",
    }
    for key, value in rows.items():
        assert f"| {key} | {value} |" in card
    for part in ("## Licence\n\nNot stated.", "seed: 1", "arir.load_encoder"):
        assert part in card


def test_an_existing_model_is_trained_further_under_its_own_settings(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    report = train(settings(tmp_path, student=str(tiny_cosine_encoder), query_length=16))
    before, after = weights(tiny_cosine_encoder), weights(report.output)
    assert before.keys() == after.keys()
    assert any(not torch.equal(before[name], after[name]) for name in before)
    spec = load_encoder(report.output, device="cpu").spec
    assert (spec.profile, spec.query_length, spec.similarity) == ("none", 16, "dot")
    assert spec.note == f"Student from {tiny_cosine_encoder}, distilled with arir train."


def test_a_plain_checkpoint_gets_mean_pooling(tiny_electra: Path, tmp_path: Path) -> None:
    report = train(settings(tmp_path, student=str(tiny_electra), profile="araelectra"))
    assert SentenceTransformer(str(report.output), device="cpu")[1].pooling_mode == "mean"
    assert load_encoder(report.output, device="cpu").profile == "araelectra"


def test_an_interrupted_training_leaves_nothing_and_the_old_student_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = settings(tmp_path, overwrite=True)
    config.output.mkdir()
    (config.output / "old").touch()

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ListObjective, "forward", interrupt)
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(KeyboardInterrupt):
        train(config)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert [path.name for path in config.output.iterdir()] == ["old"]


def refused(error: type[Exception], match: str, config: TrainConfig) -> None:
    with pytest.raises(error, match=match):
        train(config)


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where anything large is read before the faults that can be found first."""

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("arir.train.service._prepare", fail)


@pytest.mark.usefixtures("no_reading")
def test_faults_are_found_before_anything_large_is_read(
    tmp_path: Path, tiny_bi_encoder: Path, tiny_cross_encoder: Path
) -> None:
    missing = tmp_path / "missing"
    for key in ("teacher_scores", "topics"):
        refused(DataError, "missing: no such file", settings(tmp_path, **{key: missing}))
    refused(DataError, "no such collection", settings(tmp_path, corpus=missing))
    refused(DataError, "missing: no such file", settings(tmp_path, held_out=str(missing)))
    refused(ModelError, "did you mean kd-aradpr", settings(tmp_path, student="kd-aradprr"))
    cross = settings(tmp_path, student=str(tiny_cross_encoder), family="bi-encoder")
    refused(ModelError, "is a cross-encoder, not a bi-encoder; start from", cross)
    refused(ConfigError, "unknown profile 'lucen'", settings(tmp_path, profile="lucen"))
    long = settings(tmp_path, student=str(tiny_bi_encoder), passage_length=97)
    refused(ConfigError, "reads 96 tokens at most, not 97; lower", long)
    fp16 = settings(tmp_path, precision="fp16", device="cpu")
    refused(ConfigError, "fp16 needs a CUDA device", fp16)
    (tmp_path / "student").mkdir()
    (tmp_path / "student/file").touch()
    refused(OutputError, "already exists", settings(tmp_path))


def test_a_cross_encoder_takes_the_layers_of_a_late_interaction_model(
    tmp_path: Path, tiny_late_interaction: Path
) -> None:
    student = str(tiny_late_interaction)
    config = settings(tmp_path, student=student, family="cross-encoder", loss="bce")
    learner = prepared(config, tmp_path / "scratch").student.learner
    layers = dict(AutoModel.from_pretrained(tiny_late_interaction).named_parameters())
    prefix = learner.model.base_model_prefix
    taken = dict(learner.model.named_parameters())
    compared = [name for name in layers if f"{prefix}.{name}" in taken and "pooler" not in name]
    assert len(compared) > 10
    for name in compared:
        assert torch.equal(taken[f"{prefix}.{name}"], layers[name])


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_a_device_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(DependencyError, "no CUDA device", settings(tmp_path, device="cuda"))


def test_positions_are_counted_as_the_architecture_does(
    tiny_cosine_encoder: Path, tmp_path: Path
) -> None:
    long = settings(tmp_path, student=str(tiny_cosine_encoder), query_length=97)
    refused(ConfigError, "reads 96 tokens at most, not 97", long)


def test_a_student_that_cannot_read_the_texts_is_refused(tmp_path: Path) -> None:
    from arir.models.bi_encoder.student import StudentShape, new_student

    english = new_student(["only English here"], StudentShape(width=16, heads=2))
    english.save(str(tmp_path / "english"), create_model_card=False)
    config = settings(tmp_path, student=str(tmp_path / "english"))
    refused(ModelError, "of the training texts' tokens are unknown", config)
    assert not config.output.exists()


def test_a_disk_too_full_for_the_weights_is_an_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    monkeypatch.setattr(SentenceTransformer, "save_pretrained", full)
    config = settings(tmp_path)
    write_scores(config.teacher_scores, ROWS)
    refused(OutputError, "student: the weights cannot be written: .*No space left", config)
    assert not config.output.exists()


def test_constant_teacher_scores_are_refused_before_training(tmp_path: Path) -> None:
    config = settings(tmp_path)
    write_scores(config.teacher_scores, [(2.0, 1.0, *ids) for _, _, *ids in ROWS])  # type: ignore[misc]
    refused(DataError, "nothing to distil", config)
