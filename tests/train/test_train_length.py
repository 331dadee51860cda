"""Texts cut for training alone: weights as of short texts, in a student that reads long ones."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file

from arir.models.registry import find_model
from arir.train.service import train
from tests.train.material import settings, write_material

OWN = {"vocabulary_size": None, "layers": None, "width": None, "heads": None}


def test_weights_are_those_of_short_texts_and_the_student_reads_long_ones(
    tiny_bi_encoder: Path, tmp_path: Path
) -> None:
    write_material(tmp_path)
    lengths = {"short": (6, None), "cut": (48, 6), "whole": (48, None)}
    weights = {}
    for name, (length, train_length) in lengths.items():
        config = settings(
            tmp_path,
            student=str(tiny_bi_encoder),
            output=tmp_path / name,
            query_length=length,
            passage_length=length,
            train_length=train_length,
            **OWN,
        )
        weights[name] = load_file(train(config).output / "model.safetensors")
    assert all((weights["short"][key] == weights["cut"][key]).all() for key in weights["cut"])
    assert any((weights["whole"][key] != weights["cut"][key]).any() for key in weights["cut"])
    assert find_model(tmp_path / "cut").passage_length == 48
