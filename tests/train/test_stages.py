"""Stages: checked before the first one trains, each from the one before, resumed after a kill."""

from __future__ import annotations

import gc
import json
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from sentence_transformers import SentenceTransformer

from arir import load_encoder
from arir.artefacts import read_manifest
from arir.config import from_mapping, from_yaml, to_dict
from arir.errors import ConfigError, DataError, DependencyError, ModelError, OutputError
from arir.models.registry import find_model
from arir.train import StagesConfig, StagesReport, stages, train, train_stages
from arir.train.service import ResumeNote
from tests.train.material import TOPICS, write_material

QUICK = {"steps": 2, "learning_rate": 1e-3, "batch_size": 4, "accumulation": 1}


@pytest.fixture(scope="module", autouse=True)
def _quick_collections() -> Iterator[None]:
    """Keep what is loaded out of the garbage collections that end every training."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def material(tmp_path: Path) -> dict[str, Path]:
    """Texts and labels for every kind of stage."""
    paths = write_material(tmp_path / "data")
    qrels = tmp_path / "data" / "qrels.txt"
    relevant = zip(TOPICS, ("p1", "p2", "NA", "007"), strict=True)
    qrels.write_text("".join(f"{query} 0 {docid} 1\n" for query, docid in relevant))
    text = tmp_path / "data" / "text.jsonl"
    text.write_text(paths["corpus"].read_text(encoding="utf-8"), encoding="utf-8")
    return {**paths, "qrels": qrels, "text": text}


def made(material: dict[str, Path], output: Path, student: Path | str, **more: Any) -> StagesConfig:
    """Adapt to the text, distil margins, then contrast; all on the material."""
    values: dict[str, Any] = {
        "output": output,
        "student": str(student),
        "corpus": material["corpus"],
        "topics": material["topics"],
        "seed": 3,
        "device": "cpu",
        **QUICK,
        "stages": [
            {"name": "adapt", "method": "masked-lm", "text": str(material["text"])},
            {
                "name": "distil",
                "method": "margins",
                "teacher_scores": str(material["teacher_scores"]),
            },
            {"name": "in-domain", "method": "contrast", "qrels": str(material["qrels"])},
        ],
    }
    return StagesConfig(**{**values, **more})


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return SentenceTransformer(str(folder), device="cpu").state_dict()


def same_weights(first: Path, second: Path) -> bool:
    mine, theirs = weights(first), weights(second)
    return mine.keys() == theirs.keys() and all(torch.equal(mine[key], theirs[key]) for key in mine)


def killed_in(config: StagesConfig, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Train until the stage of that name begins."""

    def stop(training: Any) -> Any:
        if training.output.name == name:
            raise KeyboardInterrupt
        return train(training)

    with monkeypatch.context() as patched:
        patched.setattr(stages, "train", stop)
        with pytest.raises(KeyboardInterrupt):
            train_stages(config)


def test_stages_give_what_the_same_trainings_give_one_after_the_other(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    report = train_stages(config)
    before = str(tiny_bi_encoder)
    for name, training in config.trainings.items():
        by_hand = tmp_path / "by-hand" / name
        train(replace(training, student=before, output=by_hand))
        before = str(by_hand)
    assert isinstance(report, StagesReport)
    assert list(report.stages) == ["adapt", "distil", "in-domain"]
    assert same_weights(tmp_path / "student", Path(before))
    assert not same_weights(tmp_path / "student", tiny_bi_encoder)
    assert not config.folder.exists()


def test_the_output_tells_of_every_stage(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder, licence="MIT")
    train_stages(config)
    manifest = read_manifest(tmp_path / "student")
    assert manifest is not None
    told = manifest.properties["training"]
    assert told["method"] == "stages"
    assert [stage["name"] for stage in told["stages"]] == ["adapt", "distil", "in-domain"]
    started = [stage["student"] for stage in told["stages"]]
    assert started == [str(tiny_bi_encoder), "stage adapt", "stage distil"]
    assert len({stage["fingerprint"] for stage in told["stages"]}) == 3
    assert [stage["steps"] for stage in told["stages"]] == [2, 2, 2]
    assert set(told["stages"][2]["inputs"]) == {"corpus", "topics", "qrels"}
    assert manifest.inputs["distil: teacher_scores"]["sha256"]
    assert manifest.properties["spec"]["name"] == "student"
    card = (tmp_path / "student/README.md").read_text(encoding="utf-8")
    for part in ("# student", "### Stage adapt", "| student | stage adapt |", "license: "):
        assert part in card
    assert "student.stages" not in card.split("## Data")[0]
    assert load_encoder(tmp_path / "student", device="cpu").spec.licence == "MIT"
    for name in ("adapt", "distil", "in-domain"):
        log = tmp_path / "student/training/stages" / name / "log.jsonl"
        assert [json.loads(line)["step"] for line in log.read_text().splitlines()] == [1, 2]


def test_the_saved_settings_train_the_same_student_again(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    train_stages(config)
    saved = from_yaml(tmp_path / "student/training/config.json")
    train_stages(from_mapping(StagesConfig, saved | {"output": str(tmp_path / "again")}))
    assert same_weights(tmp_path / "student", tmp_path / "again")


def test_stages_that_ended_before_a_kill_are_not_trained_again(
    material: dict[str, Path],
    tiny_bi_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    train_stages(made(material, tmp_path / "whole", tiny_bi_encoder))
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    killed_in(config, "in-domain", monkeypatch)
    assert not config.output.exists()
    trained: list[str] = []

    def note(training: Any) -> Any:
        trained.append(training.output.name)
        return train(training)

    monkeypatch.setattr(stages, "train", note)
    with pytest.warns(ResumeNote) as noted:
        report = train_stages(config)
    said = [str(note.message).split(":")[0] for note in noted]
    assert said == ["stage adapt has ended before", "stage distil has ended before"]
    assert trained == ["in-domain"]
    assert report.stages["adapt"].steps == 2
    assert same_weights(tmp_path / "whole", tmp_path / "student")


@pytest.mark.parametrize("changed", ["settings", "data", "gap"])
def test_other_settings_or_data_than_before_the_kill_are_refused(
    changed: str,
    material: dict[str, Path],
    tiny_bi_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    killed_in(config, "in-domain", monkeypatch)
    message = "stage adapt, which has ended there, had other settings or data: seed"
    if changed == "settings":
        config = replace(config, seed=4)
    elif changed == "data":
        material["text"].write_text('{"id": "x", "contents": "نص آخر"}\n', encoding="utf-8")
        message = "stage adapt, which has ended there, had other settings or data: text"
    else:
        (config.folder / "adapt").rename(tmp_path / "away")
        message = "stage distil has ended there, and one before it has not"
    with pytest.raises(ConfigError, match=message):
        train_stages(config)


def test_a_stage_may_make_another_family_of_the_student(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    config = made(
        material,
        tmp_path / "student",
        tiny_bi_encoder,
        keep_stages=True,
        stages=[
            {"name": "adapt", "method": "masked-lm", "text": str(material["text"])},
            {
                "name": "rerank",
                "method": "margins",
                "family": "cross-encoder",
                "loss": "bce",
                "pair_length": 64,
                "teacher_scores": str(material["teacher_scores"]),
            },
        ],
    )
    train_stages(config)
    assert find_model(tmp_path / "student").family == "cross-encoder"
    kept = [path.name for path in config.folder.iterdir()]
    assert kept == ["adapt"]
    assert find_model(config.folder / "adapt").family == "bi-encoder"


def test_stages_may_differ_in_precision(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    listed = [dict(stage) for stage in to_dict(made(material, tmp_path, tiny_bi_encoder))["stages"]]
    listed[1]["precision"] = "bf16"
    train_stages(made(material, tmp_path / "student", tiny_bi_encoder, stages=listed))
    assert (tmp_path / "student/manifest.json").is_file()


def test_an_existing_output_is_refused_before_any_work_and_replaced_when_asked(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    (tmp_path / "student").mkdir()
    (tmp_path / "student" / "mine").touch()
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    with pytest.raises(OutputError, match="already exists"):
        train_stages(config)
    assert not config.folder.exists()
    train_stages(replace(config, overwrite=True))
    assert (tmp_path / "student/manifest.json").is_file()


def test_every_fault_of_every_stage_is_named_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        StagesConfig(
            output=tmp_path / "student",
            student="new",
            stages=[
                {"name": "one", "method": "bitext", "bitext": "b.tsv", "teecher": "t", "seed": 1},
                {"name": "two", "method": "lists", "student": "x", "nway": 1, "loss": "kll"},
                {"name": "three", "method": "lits"},
                {"name": "four"},
            ],
            stps=3,
        )
    for part in (
        "unknown key 'stps' (did you mean steps",
        "stage one: seed belongs beside the stages, not into one; unknown key 'teecher' (did you",
        "stage two: it starts from the stage before: give no student; missing key 'corpus'",
        "nway: input should be greater than or equal to 2, not 1",
        "loss: input should be 'kl'",
        "stage three: unknown method 'lits' (did you mean lists?)",
        "stage four: no method (known: bitext, contrast",
    ):
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ([], "stages names no stage"),
        ([{"method": "lists"}], "stage 1 has no name"),
        ([{"name": "2"}], "stage 1 has no name but '2'"),
        ([{"name": "a/b"}], "stage 1 has no name but 'a/b'"),
        ([{"name": "a"}, {"name": "a"}], "two stages are called a"),
        ("distil", "stages: input should be a valid tuple"),
    ],
)
def test_stages_need_names_of_their_own(listed: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        StagesConfig(output="student", student="new", stages=listed)
    assert message in str(caught.value)


def test_files_that_are_missing_in_any_stage_stop_the_first_one(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    material["qrels"].unlink()
    material["teacher_scores"].unlink()
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    with pytest.raises(DataError) as caught:
        train_stages(config)
    for name, role in (("distil", "teacher_scores"), ("in-domain", "qrels")):
        assert f"stage {name}: {material[role]}: no such file" in str(caught.value)
    assert not config.folder.exists()


def test_a_family_that_cannot_become_another_stops_the_first_stage(
    material: dict[str, Path], tiny_late_interaction: Path, tmp_path: Path
) -> None:
    config = made(material, tmp_path / "student", tiny_late_interaction, family="bi-encoder")
    with pytest.raises(
        ModelError, match=r"stage adapt: .* is a late-interaction, not a bi-encoder"
    ):
        train_stages(config)


def test_a_fault_of_all_stages_is_told_once(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder, precision="fp16")
    with pytest.raises(ConfigError) as caught:
        train_stages(config)
    assert str(caught.value).startswith("stages adapt, distil, in-domain: fp16 needs a CUDA device")


def test_a_package_that_a_later_stage_lacks_stops_the_first(
    material: dict[str, Path],
    tiny_bi_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("arir.train.lora.find_spec", lambda _: None)
    listed = [dict(stage) for stage in made(material, tmp_path, tiny_bi_encoder).stages]
    listed[2]["lora_rank"] = 2
    config = made(material, tmp_path / "student", tiny_bi_encoder, stages=listed)
    with pytest.raises(DependencyError, match="stage in-domain: lora-rank needs peft"):
        train_stages(config)
    assert not config.folder.exists()


def test_an_error_within_a_stage_names_it(
    material: dict[str, Path], tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    material["qrels"].write_text("unknown 0 p1 1\n")
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    with pytest.raises(DataError, match="stage in-domain: no query that it names has a text"):
        train_stages(config)
    assert (config.folder / "distil/manifest.json").is_file()


def test_a_stage_before_that_is_damaged_is_named(
    material: dict[str, Path],
    tiny_bi_encoder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = made(material, tmp_path / "student", tiny_bi_encoder)
    killed_in(config, "distil", monkeypatch)
    (config.folder / "adapt/manifest.json").unlink()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResumeNote)
        with pytest.raises(ConfigError, match=r"had other settings or data: manifest\.json"):
            train_stages(config)


def test_what_stands_beside_the_stages_holds_where_a_stage_does_not_say_otherwise() -> None:
    config = StagesConfig(
        output="student",
        student="new",
        layers=1,
        steps=5,
        topics="t.tsv",
        corpus="c.jsonl",
        precision="bf16",
        stages=[
            {"name": "a", "method": "masked-lm", "text": "x.jsonl"},
            {"name": "b", "method": "contrast", "qrels": "q", "steps": 7, "topics": "own.tsv"},
        ],
    )
    first, second = config.trainings.values()
    assert (first.student, first.steps, first.layers) == ("new", 5, 1)
    assert (second.student, second.steps, second.layers) == ("student.stages/a", 7, None)
    assert (first.precision, second.precision) == ("bf16", "bf16")
    assert second.topics == (Path("own.tsv"),)  # type: ignore[attr-defined]  # a ContrastConfig
    assert second.output == Path("student.stages/b")
