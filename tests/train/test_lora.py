"""Low-rank updates: the body stays as it was, and what comes out is a plain model."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from sentence_transformers import MultiVectorEncoder, SentenceTransformer
from torch import Tensor
from transformers import AutoModelForSequenceClassification

from arir.errors import DependencyError
from arir.train import TrainConfig, train
from arir.train.kernels import make_kernel
from arir.train.loop.engine import ObjectiveTrainer
from arir.train.loop.trainer import fit
from arir.train.lora import merged, with_lora
from arir.train.objectives import ListObjective
from arir.train.service import ResumeNote
from tests.train.learners import FAMILIES, LISTS, collator_of, open_any
from tests.train.loop.world import SETTINGS, same_weights
from tests.train.material import PASSAGES, settings

HEADS = {"bi-encoder": "", "cross-encoder": "classifier", "late-interaction": "1.linear"}


def opened(request: pytest.FixtureRequest, family: str) -> Any:
    return open_any(request.getfixturevalue(FAMILIES[family]), family)


def weights_of(learner: Any) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in learner.state_dict().items()}


def scores_of(learner: Any, family: str) -> Tensor:
    learner.eval()
    with torch.inference_mode():
        scores: Tensor = learner.list_scores(collator_of(learner, family)(range(len(LISTS))))
    return scores


def trained(request: pytest.FixtureRequest, family: str, folder: Path) -> Any:
    learner = opened(request, family)
    with_lora(learner, 2, seed=7)
    objective = ListObjective(learner, make_kernel("margin-mse"))
    objective.train()
    fit(objective, len(LISTS), collator_of(learner, family), SETTINGS, folder)
    return learner


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_updates_and_what_lies_above_the_body_change(
    request: pytest.FixtureRequest, tmp_path: Path, family: str
) -> None:
    before = weights_of(opened(request, family))
    after = weights_of(trained(request, family, tmp_path))
    updates = {name for name in after if ".lora_" in name}
    plain = {name.replace(".base_layer", ""): tensor for name, tensor in after.items()}
    changed = {name for name in before if not torch.equal(before[name], plain[name])}
    assert all(
        float(after[name].abs().max()) > 0
        for name in updates
        if "lora_B" in name and "pooler" not in name
    )
    assert len([name for name in updates if "lora_A" in name]) >= 12
    assert all(HEADS[family] and HEADS[family] in name for name in changed)
    assert bool(changed) == bool(HEADS[family])


@pytest.mark.parametrize("family", FAMILIES)
def test_the_updates_begin_at_zero(request: pytest.FixtureRequest, family: str) -> None:
    learner = opened(request, family)
    before = scores_of(learner, family)
    with_lora(learner, 2, seed=7)
    torch.testing.assert_close(scores_of(learner, family), before)


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_updates_score_as_before_and_leave_a_plain_model(
    request: pytest.FixtureRequest, tmp_path: Path, family: str
) -> None:
    plain = opened(request, family)
    names, before = plain.state_dict().keys(), scores_of(plain, family)
    learner = trained(request, family, tmp_path)
    taught = scores_of(learner, family)
    assert float((taught - before).abs().max()) > 1e-3
    merged(learner)
    assert learner.state_dict().keys() == names
    torch.testing.assert_close(scores_of(learner, family), taught, rtol=1e-4, atol=1e-4)
    assert all(parameter.requires_grad for parameter in learner.parameters())
    assert not hasattr(learner.body, "peft_config")


def test_the_same_seed_gives_the_same_student(tmp_path: Path, tiny_bi_encoder: Path) -> None:
    def student(name: str, seed: int) -> dict[str, Tensor]:
        config = lora(tmp_path, tiny_bi_encoder, output=tmp_path / name, seed=seed)
        torch.manual_seed(len(name))  # whatever the program drew before
        return plain_weights(train(config).output)

    first = student("a", 1)
    assert same_weights(first, student("bb", 1))
    assert not same_weights(first, student("ccc", 2))


def test_random_numbers_of_the_program_stay_as_they_were(request: pytest.FixtureRequest) -> None:
    learner = opened(request, "bi-encoder")
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    with_lora(learner, 2, seed=1)
    assert torch.equal(torch.rand(1), expected)


def lora(folder: Path, student: Path, **changes: Any) -> TrainConfig:
    return settings(
        folder,
        **{"student": str(student), "lora_rank": 2, "steps": 6, "checkpoint_every": 2, **changes},
    )


def plain_weights(folder: Path) -> dict[str, Tensor]:
    return SentenceTransformer(str(folder), device="cpu").state_dict()


def test_a_bi_encoder_opens_with_sentence_transformers(
    tmp_path: Path, tiny_bi_encoder: Path
) -> None:
    report = train(lora(tmp_path, tiny_bi_encoder))
    before, after = plain_weights(tiny_bi_encoder), plain_weights(report.output)
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    # Linear layers that the vectors depend on, and their weights alone.
    assert len(changed) == 2 * 6
    assert all(name.endswith(".weight") and "embeddings" not in name for name in changed)
    assert not list(report.output.rglob("adapter*"))
    from arir import load_encoder

    encoder = load_encoder(report.output, device="cpu")
    texts = list(PASSAGES.values())
    expected = SentenceTransformer(str(report.output), device="cpu").encode(texts)
    np.testing.assert_allclose(encoder.encode_passages(texts), expected, atol=1e-4)


def test_a_cross_encoder_opens_with_transformers(tmp_path: Path, tiny_cross_encoder: Path) -> None:
    config = lora(tmp_path, tiny_cross_encoder, loss="margin-mse", pair_length=32)
    report = train(config)
    before, after = (
        AutoModelForSequenceClassification.from_pretrained(folder).state_dict()
        for folder in (tiny_cross_encoder, report.output)
    )
    assert before.keys() == after.keys()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {"classifier.weight", "classifier.bias"} < changed
    assert "bert.pooler.dense.weight" in changed
    assert not any("embeddings" in name for name in changed)


def test_a_late_interaction_model_opens_with_sentence_transformers(
    tmp_path: Path, tiny_late_interaction: Path
) -> None:
    report = train(lora(tmp_path, tiny_late_interaction, passage_length=32))
    before, after = (
        MultiVectorEncoder(str(folder), device="cpu").state_dict()
        for folder in (tiny_late_interaction, report.output)
    )
    assert before.keys() == after.keys()
    assert not same_weights(before, after)


@pytest.mark.parametrize("family", ["bi-encoder", "cross-encoder"])
def test_a_killed_training_goes_on_exactly(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, family: str
) -> None:
    student = request.getfixturevalue(FAMILIES[family])
    config = lora(tmp_path, student, loss="margin-mse")
    whole = train(lora(tmp_path, student, loss="margin-mse", output=tmp_path / "whole"))
    step = ObjectiveTrainer.training_step

    def killed(trainer: ObjectiveTrainer, *arguments: Any, **more: Any) -> Any:
        if trainer.state.global_step == 4:
            raise KeyboardInterrupt
        return step(trainer, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(ObjectiveTrainer, "training_step", killed)
        with pytest.raises(KeyboardInterrupt):
            train(config)
    torch.manual_seed(999)
    with pytest.warns(ResumeNote, match="checkpoint-4"):
        again = train(config)
    files = [folder / "model.safetensors" for folder in (whole.output, again.output)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_without_peft_the_line_to_install_it_is_given_before_data_is_read(
    tmp_path: Path, tiny_bi_encoder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "arir.train.lora.find_spec", lambda name: None if name == "peft" else real(name)
    )

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("arir.train.service._prepare", fail)
    with pytest.raises(DependencyError, match=r"needs peft; pip install 'arir\[lora\]'"):
        train(lora(tmp_path, tiny_bi_encoder))
    assert not (tmp_path / "student.partial").exists()
