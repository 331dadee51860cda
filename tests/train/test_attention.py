"""Attention step by step in bf16 on a CPU, fused elsewhere; dropout as the settings say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from arir.train import train
from arir.train.attention import training_attention
from arir.train.dropout import set_dropout
from tests.train.learners import open_any
from tests.train.material import configured

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("precision", "device", "wanted"),
    [("bf16", "cpu", "eager"), ("fp32", "cpu", "sdpa"), ("bf16", "cuda", "sdpa")],
)
def test_only_bf16_on_a_cpu_is_computed_step_by_step(
    tiny_bi_encoder: Path, precision: str, device: str, wanted: str
) -> None:
    body = open_any(tiny_bi_encoder, "bi-encoder").body
    with training_attention(body, torch.device(device), precision):
        assert body.config._attn_implementation == wanted
    assert body.config._attn_implementation == "sdpa"


def test_a_student_of_another_attention_keeps_it(tiny_bi_encoder: Path) -> None:
    body = open_any(tiny_bi_encoder, "bi-encoder").body
    body.set_attn_implementation("eager")
    with training_attention(body, CPU, "bf16"):
        pass
    assert body.config._attn_implementation == "eager"


def test_both_give_the_same_vectors(tiny_bi_encoder: Path) -> None:
    learner = open_any(tiny_bi_encoder, "bi-encoder").eval()
    features = learner.model.preprocess(["ما هي عاصمة الجزائر ؟", "نهر النيل"])
    with torch.no_grad():
        fused = learner.model(dict(features))["sentence_embedding"]
        with training_attention(learner.body, CPU, "bf16"):
            plain = learner.model(dict(features))["sentence_embedding"]
    assert torch.allclose(fused, plain, atol=1e-5)


@pytest.mark.parametrize("family", ["bi-encoder", "cross-encoder", "late-interaction"])
def test_without_dropout_a_batch_has_one_output(
    family: str, request: pytest.FixtureRequest
) -> None:
    folder = request.getfixturevalue(f"tiny_{family.replace('-', '_')}")
    body = open_any(folder, family, dropout=0.5).body.train()
    inputs = {"input_ids": torch.arange(5, 15)[None], "attention_mask": torch.ones(1, 10).long()}
    with torch.no_grad():
        dropped = [body(**inputs)[0] for _ in range(2)]
        set_dropout(body, 0.0)
        kept = [body(**inputs)[0] for _ in range(2)]
    assert not torch.equal(*dropped)
    assert torch.equal(*kept)


def test_dropout_is_a_setting_of_the_training_alone(tiny_bi_encoder: Path, tmp_path: Path) -> None:
    outputs = []
    for name, dropout in (("without", 0.0), ("again", 0.0), ("with", None)):
        settings = {"output": tmp_path / name, "dropout": dropout, "steps": 3}
        config = configured("contrast", tmp_path, student=str(tiny_bi_encoder), **settings)
        train(config)
        outputs.append((tmp_path / name / "model.safetensors").read_bytes())
        saved = (tmp_path / name / "config.json").read_text(encoding="utf-8")
        assert '"hidden_dropout_prob": 0.1' in saved
    assert outputs[0] == outputs[1] != outputs[2]
